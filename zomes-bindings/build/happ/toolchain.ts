import { access, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { z } from 'zod'
import { readEnv } from '../../../host/config/env.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'

/** What decides the bytes of a zome besides the sources: recorded with the pins. */
export const environmentSchema = z.strictObject({
  /** `target`: the compiler's own wasm32 library; `build-std`: the library compiled along from its sources. */
  library: z.enum(['target', 'build-std']),
  /** `rustc --version`. */
  rustc: z.string(),
  /** The machine that compiles. */
  host: z.string(),
  /** The linker's version. */
  linker: z.string(),
  /** Flags of the compiler, without those that only name this machine's folders. */
  flags: z.array(z.string()),
})

/** What decides the bytes of a zome besides the sources. */
export type Environment = z.infer<typeof environmentSchema>

/** A way to compile for wasm32 on this machine. */
export interface Toolchain {
  readonly environment: Environment
  readonly cargo: string
  /** Arguments of `cargo build` besides the packages. */
  readonly args: readonly string[]
  /** Variables of `cargo build`. */
  readonly env: Readonly<Record<string, string>>
  /** Where the standard library's sources lie: a prefix that must not get into the bytes. */
  readonly librarySources: string
}

/** hdk brings its own randomness, and rustc 1.96 and later no longer let undefined host functions pass by default. */
const flags = ['--cfg', 'getrandom_backend="custom"', '-C', 'link-arg=--import-undefined'] as const

const triple = 'wasm32-unknown-unknown'

/**
 * The ways to compile for wasm32 that this machine has, the compiler on PATH with its own wasm32 library first, then
 * a distribution's compiler with the library's sources. Rejects with `RIPPLE_WASM_TOOLCHAIN` where there is none.
 */
export async function findToolchains(signal: AbortSignal): Promise<Toolchain[]> {
  const found = await Promise.all([withTarget(signal), withSources(signal)])
  const toolchains = found.filter((toolchain) => toolchain !== null)
  if (toolchains.length === 0) throw new RippleError('RIPPLE_WASM_TOOLCHAIN', { target: triple })
  return toolchains
}

async function withTarget(signal: AbortSignal): Promise<Toolchain | null> {
  const library = await output('rustc', ['--print', 'target-libdir', '--target', triple], signal)
  if (library === null || !(await exists(library))) return null
  const { rustc, host, sysroot } = await about('rustc', signal)
  return {
    environment: { library: 'target', rustc, host, linker: `rust-lld of ${rustc}`, flags: [...flags] },
    cargo: 'cargo',
    args: [],
    env: {},
    librarySources: join(sysroot, 'lib/rustlib/src/rust'),
  }
}

async function withSources(signal: AbortSignal): Promise<Toolchain | null> {
  const rustc = '/usr/bin/rustc'
  const linker = await newestLinker()
  if (linker === null || !(await exists(rustc))) return null
  const { rustc: version, host, sysroot } = await about(rustc, signal)
  const librarySources = join(sysroot, 'lib/rustlib/src/rust')
  if (!(await exists(join(librarySources, 'library/std')))) return null
  const linkerVersion = (await output(linker, ['--version'], signal)) ?? 'unknown'
  return {
    environment: { library: 'build-std', rustc: version, host, linker: linkerVersion, flags: [...flags] },
    cargo: '/usr/bin/cargo',
    args: ['-Zbuild-std=std,panic_abort'],
    // A distribution's compiler is a stable one; building its library along is still behind this switch.
    env: { RUSTC: rustc, RUSTC_BOOTSTRAP: '1', CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker },
    librarySources,
  }
}

async function about(
  rustc: string,
  signal: AbortSignal,
): Promise<{ rustc: string; host: string; sysroot: string }> {
  const [version, verbose, sysroot] = await Promise.all([
    output(rustc, ['--version'], signal),
    output(rustc, ['-vV'], signal),
    output(rustc, ['--print', 'sysroot'], signal),
  ])
  const host = /^host: (.+)$/m.exec(verbose ?? '')?.[1] ?? 'unknown'
  return { rustc: version ?? 'unknown', host, sysroot: sysroot ?? '/usr' }
}

/** `wasm-ld` on PATH: distributions put the version of LLVM behind its name. */
async function newestLinker(): Promise<string | null> {
  const folders = readEnv()
    .path.split(delimiter)
    .filter((folder) => folder !== '')
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch((): string[] => [])))
  const version = (name: string): number => Number(/^wasm-ld(?:-(\d+))?$/.exec(name)?.[1] ?? 0)
  const linkers = names.flat().filter((name) => /^wasm-ld(-\d+)?$/.test(name))
  return linkers.sort((a, b) => version(b) - version(a))[0] ?? null
}

async function output(program: string, args: readonly string[], signal: AbortSignal): Promise<string | null> {
  const ran = await execa(program, [...args], { cancelSignal: signal, reject: false })
  return ran.failed ? null : ran.stdout.trim()
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
