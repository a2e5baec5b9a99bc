import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { NODE_MAJOR_MIN } from '../../../host/setup/versions.mjs'
import { version } from '../../../host/version.ts'

const host = resolve(import.meta.dirname, '../../../host')
const command = join(host, 'cli/ripple.mjs')
const own = Number(process.versions.node.split('.')[0])

/**
 * The names that files import which the machine's own Node runs. Node 20.20 has all of these. A missing name ends a
 * command before it can hand over, so look a new name up there before you add it.
 */
const had: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': ['spawn', 'spawnSync'],
  'node:crypto': ['createHash'],
  'node:fs': [
    'chmodSync',
    'createReadStream',
    'createWriteStream',
    'existsSync',
    'lstatSync',
    'mkdirSync',
    'mkdtempSync',
    'readFileSync',
    'readdirSync',
    'realpathSync',
    'renameSync',
    'rmSync',
    'statSync',
    'statfsSync',
    'writeFileSync',
  ],
  'node:fs/promises': ['copyFile', 'rm', 'rmdir'],
  'node:os': ['arch', 'platform', 'userInfo'],
  'node:path': ['delimiter', 'dirname', 'join', 'resolve'],
  'node:stream/promises': ['pipeline'],
  'node:string_decoder': ['StringDecoder'],
  'node:url': ['fileURLToPath', 'pathToFileURL'],
  'node:v8': ['setFlagsFromString'],
}

test.each(['cli/ripple.mjs', 'setup/bootstrap.mjs'])('%s imports only names that an old Node has', (file) => {
  const taken = namesTaken(join(host, file))
  expect(taken.length).toBeGreaterThan(0)
  expect(taken.filter(({ from, name }) => !had[from]?.includes(name))).toEqual([])
})

const old = oldNode()

// Only where the search path has such a Node: the one that this runs on is the project's own.
test.skipIf(old === null)('a command started by an old Node is handed over', () => {
  expect(execFileSync(old ?? '', [command, '--version'], { encoding: 'utf8' })).toBe(`${version}\n`)
})

/** Lists the names that a file and its imports take from Node's modules. */
function namesTaken(file: string): { readonly from: string; readonly name: string }[] {
  const imports = readFileSync(file, 'utf8').matchAll(/^import\s+\{([^}]*)\}\s+from\s+'([^']+)'/gm)
  return [...imports].flatMap(([, list = '', from = '']) => {
    if (from.startsWith('.')) return namesTaken(resolve(file, '..', from))
    const names = list.split(',').map((name) => name.trim())
    return names.filter((name) => name !== '').map((name) => ({ from, name }))
  })
}

/**
 * A Node on the search path that may start a command and is older than the one that runs this; null where there is
 * none.
 */
function oldNode(): string | null {
  const programs = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  const found = programs.filter(existsSync).find((program) => {
    const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
    const major = Number(/^v(\d+)\./.exec(stdout ?? '')?.[1])
    return major >= NODE_MAJOR_MIN && major < own
  })
  return found ?? null
}
