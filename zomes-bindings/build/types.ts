import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { RippleError, toRippleError } from '../../host/errors/ripple-error.ts'
import { limitsModule } from './limits-module.ts'

const project = resolve(import.meta.dirname, '../..')
const committed = join(project, 'zomes-bindings/generated')
const limitsSource = join(project, 'dnas/shared/src/limits.rs')

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Writes the types of `dnas/shared` and the constants of its `limits.rs` into a folder. */
async function generate(folder: string, signal: AbortSignal): Promise<void> {
  const args = [
    'test',
    '--quiet',
    '--package',
    'ripple_shared',
    '--features',
    'types,receipt',
    'export_bindings',
  ]
  const ran = await execa('cargo', args, {
    cwd: project,
    env: { TS_RS_EXPORT_DIR: folder, TS_RS_IMPORT_EXTENSION: 'ts' },
    cancelSignal: signal,
    reject: false,
  })
  if (ran.failed)
    throw new RippleError('RIPPLE_BUILD_FAILED', { command: `cargo ${args.join(' ')}`, detail: ran.stderr })
  await writeFile(join(folder, 'limits.ts'), limitsModule(await readFile(limitsSource, 'utf8')))
}

/** Every file of a folder with its text. */
async function texts(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder)
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  )
}

/** Generates beside the committed folder; replaces it, or with `check` only says what differs. */
async function run(check: boolean, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-types-'))
  try {
    await generate(folder, signal)
    const [made, had] = await Promise.all([texts(folder), texts(committed)])
    const names = [...new Set([...made.keys(), ...had.keys()])].sort()
    const differing = names.filter((name) => made.get(name) !== had.get(name))
    for (const name of differing) say(`${check ? 'differs' : 'written'}: generated/${name}`)
    if (check) process.exitCode = differing.length > 0 ? 1 : 0
    else await replace(differing, made)
    say(`${names.length} files, ${differing.length} ${check ? 'differ' : 'changed'}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function replace(names: readonly string[], made: ReadonlyMap<string, string>): Promise<void> {
  for (const name of names) {
    const text = made.get(name)
    const file = join(committed, name)
    await (text === undefined ? rm(file) : writeFile(file, text))
  }
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
try {
  await run(process.argv.includes('--check'), stop.signal)
} catch (thrown) {
  const error = toRippleError(thrown)
  say(`${error.message} [${error.code}]\n${error.hint}`)
  process.exitCode = error.exit
}
