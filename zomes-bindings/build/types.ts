import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { RippleError, toRippleError } from '../../host/errors/ripple-error.ts'
import { bundleTypes } from './bundle-types.ts'
import { limitsModule } from './limits-module.ts'

const project = resolve(import.meta.dirname, '../..')
const committed = join(project, 'zomes-bindings/generated')
const source = join(project, 'dnas/shared/src')

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Returns the files of types of `dnas/shared` and of the constants of its `limits.rs`; ts-rs writes into `folder`. */
async function generate(folder: string, signal: AbortSignal): Promise<Map<string, string>> {
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
  const sources = await texts(source, '.rs')
  return bundleTypes(await texts(folder, '.ts'), sources).set(
    'limits.ts',
    limitsModule(sources.get('limits.rs') ?? ''),
  )
}

/** Returns the files below a folder that have this ending, with their texts. */
async function texts(folder: string, ending: string): Promise<Map<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(ending))
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  )
}

/** Generates beside the committed folder; replaces it, or with `check` only says what differs. */
async function run(check: boolean, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-types-'))
  try {
    const [made, had] = await Promise.all([generate(folder, signal), texts(committed, '.ts')])
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
