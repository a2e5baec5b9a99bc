import { copyFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { sha256Hex } from '../../host/codec/digest.ts'
import { toRippleError } from '../../host/errors/ripple-error.ts'
import { compileWasm } from './happ/compile.ts'
import { findToolchains } from './happ/toolchain.ts'

const project = resolve(import.meta.dirname, '../..')
const shipped = join(project, 'workdir/rules.wasm')
const pinFile = join(project, 'workdir/rules.sha256')
const crate = 'ripple_rules'

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Builds the rules' wasm, puts it into `workdir` and pins it; `verify` compares with the pin instead. */
async function run(verb: 'build' | 'verify', signal: AbortSignal): Promise<void> {
  const [toolchain] = await findToolchains(signal)
  if (toolchain === undefined) return
  say(`compiling ${crate} with ${toolchain.environment.rustc}`)
  const options = {
    toolchain,
    project,
    profile: 'rules' as const,
    packages: [crate],
    target: null,
    onCrate: () => undefined,
  }
  const built = join(await compileWasm(options, signal), `${crate}.wasm`)
  const sha256 = sha256Hex(await readFile(built))
  say(`${((await stat(built)).size / 1024).toFixed(0)} KiB, sha256 ${sha256}`)
  if (verb === 'build') {
    await copyFile(built, shipped)
    await writeFile(pinFile, `${sha256}\n`)
  } else if ((await readFile(pinFile, 'utf8')).trim() !== sha256) {
    say('different from the pinned one: another compiler, or other sources')
    process.exitCode = 1
  }
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
const verb = process.argv[2] ?? 'build'
try {
  if (verb === 'build' || verb === 'verify') await run(verb, stop.signal)
  else {
    say("say 'build' or 'verify'")
    process.exitCode = 2
  }
} catch (thrown) {
  const error = toRippleError(thrown)
  say(`${error.message} [${error.code}]\n${error.hint}`)
  process.exitCode = error.exit
}
