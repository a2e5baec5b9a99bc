import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import { toRippleError } from '../../host/errors/ripple-error.ts'
import { compileWasm } from './happ/compile.ts'
import { readManifests } from './happ/manifests.ts'
import { type Packed, packHapp } from './happ/pack.ts'
import { readPins, writePins } from './happ/pins.ts'
import { findToolchains, type Toolchain } from './happ/toolchain.ts'
import { bundleTools } from './happ/tools.ts'
import { compareHapp } from './happ/verify.ts'
import { writeWebHapp } from './webhapp.ts'

const project = resolve(import.meta.dirname, '../..')
const shipped = join(project, 'workdir/ripple.happ')
const pinsFile = join(project, 'workdir/dna-hashes.json')
/** The coordinator that scenarios give a dishonest peer. It is kept beside them, never in the hApp. */
const scenarioZome = { crate: 'raw_mesh', file: join(project, 'tests/tryorama/fixtures/raw.wasm.gz') }
const started = performance.now()

/** Prints a line of progress with the seconds since the start. */
function say(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6)
  process.stderr.write(`${seconds} s  ${line}\n`)
}

/** A packed hApp, and the folder of everything that was compiled. */
interface Made extends Packed {
  readonly wasm: string
}

/** Compiles and packs everything in `stage`; `target` keeps the compilation apart from all others. */
async function make(
  toolchain: Toolchain,
  stage: string,
  target: string | null,
  signal: AbortSignal,
): Promise<Made> {
  const tools = await bundleTools(say, signal)
  const dnas = await readManifests(project)
  const zomes = dnas.flatMap((dna) => dna.zomes)
  const wasms = [...new Set(zomes.map(({ crate }) => crate))]
  const packages = [...wasms, scenarioZome.crate]
  const what = `${wasms.length} wasms for ${zomes.length} zomes of ${dnas.length} DNAs`
  say(`compiling ${what} with ${toolchain.environment.rustc}`)
  let crates = 0
  const onCrate = (line: string): void => {
    crates += 1
    if (crates % 40 === 0) say(`  ${crates} crates so far: ${line}`)
  }
  const wasm = await compileWasm({ toolchain, project, profile: 'zome', packages, target, onCrate }, signal)
  await saySizes(wasm, wasms)
  const packed = await packHapp({ project, dnas, wasm, stage, tools }, signal)
  say(`packed ${((await stat(packed.file)).size / 1024).toFixed(0)} KiB, sha256 ${packed.sha256}`)
  return { ...packed, wasm }
}

async function saySizes(folder: string, packages: readonly string[]): Promise<void> {
  const files = (await readdir(folder)).filter((name) => packages.includes(name.replace(/\.wasm$/, '')))
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size))
  const kib = (bytes: number): string => (bytes / 1024).toFixed(0)
  say(
    `wasm: ${kib(sizes.reduce((sum, size) => sum + size, 0))} KiB in all, the largest ${kib(Math.max(...sizes))} KiB`,
  )
}

/** Builds the hApp, puts it into `workdir`, packs the page with it, and pins it. */
async function build(signal: AbortSignal): Promise<void> {
  const [toolchain] = await findToolchains(signal)
  if (toolchain === undefined) return
  const stage = await mkdtemp(join(tmpdir(), 'ripple-happ-'))
  try {
    const { file, sha256, dnas, wasm } = await make(toolchain, stage, null, signal)
    await copyFile(file, shipped)
    await writeWebHapp()
    const zome = await readFile(join(wasm, `${scenarioZome.crate}.wasm`))
    await writeFile(scenarioZome.file, gzipSync(zome, { level: 9 }))
    await writePins(pinsFile, { happ_sha256: sha256, dnas, environment: toolchain.environment })
    for (const [role, hash] of Object.entries(dnas)) say(`${role}  ${hash}`)
  } finally {
    await rm(stage, { recursive: true, force: true })
  }
}

/** Builds the hApp apart from everything and compares it with the shipped one. */
async function verify(signal: AbortSignal): Promise<void> {
  const pins = await readPins(pinsFile)
  const toolchains = await findToolchains(signal)
  const recorded = toolchains.find(({ environment }) => isDeepStrictEqual(environment, pins.environment))
  const toolchain = recorded ?? toolchains[0]
  if (toolchain === undefined) return
  const stage = await mkdtemp(join(tmpdir(), 'ripple-happ-'))
  try {
    const built = await make(toolchain, stage, join(stage, 'target'), signal)
    const findings = await compareHapp(shipped, pins, built, toolchain.environment)
    const how = `pinned with ${pins.environment.rustc}, built here with ${toolchain.environment.rustc}`
    say(findings.sameEnvironment ? 'same compiler: compared byte for byte' : `other compiler: ${how}`)
    for (const what of findings.same) say(`  same       ${what}`)
    for (const what of findings.different) say(`  different  ${what}`)
    if (findings.different.length > 0) process.exitCode = 1
  } finally {
    await rm(stage, { recursive: true, force: true })
  }
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
const verbs = { build, verify } as const
const verb = process.argv[2]
try {
  if (verb === 'build' || verb === 'verify') await verbs[verb](stop.signal)
  else {
    say("say 'build' or 'verify'")
    process.exitCode = 2
  }
} catch (thrown) {
  const error = toRippleError(thrown)
  say(`${error.message} [${error.code}]\n          ${error.hint}`)
  process.exitCode = error.exit
}
