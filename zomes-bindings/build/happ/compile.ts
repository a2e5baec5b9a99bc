import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { z } from 'zod'
import { childEnv } from '../../../host/config/env.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { Toolchain } from './toolchain.ts'

/** Lines of a failed build that are shown. */
const TAIL_LINES = 30

/** What to compile, and where to. */
export interface Compile {
  readonly toolchain: Toolchain
  /** The project's folder. */
  readonly project: string
  /** How: a profile of `Cargo.toml`. */
  readonly profile: 'zome' | 'rules'
  /** Names of the crates. */
  readonly packages: readonly string[]
  /** A folder for what is compiled; null for cargo's own choice. */
  readonly target: string | null
  /** Hears each crate that is being compiled. */
  readonly onCrate: (line: string) => void
}

const metadataSchema = z.object({
  target_directory: z.string(),
  packages: z.array(z.object({ name: z.string(), manifest_path: z.string() })),
})

/**
 * Compiles crates to wasm and gives the folder of the `.wasm` files. The bytes depend on the sources and the
 * toolchain's environment, not on the folders of this machine. Rejects with `RIPPLE_BUILD_FAILED`.
 */
export async function compileWasm(options: Compile, signal: AbortSignal): Promise<string> {
  const { toolchain, project, profile, packages, target, onCrate } = options
  const folder = target === null ? {} : { CARGO_TARGET_DIR: target }
  const env = { ...childEnv(), ...toolchain.env, ...folder }
  const metadata = await readMetadata(toolchain, project, env, signal)
  const flags = [...toolchain.environment.flags, ...remap(project, metadata, toolchain)]
  const args = [
    'build',
    '--profile',
    profile,
    '--locked',
    '--target',
    'wasm32-unknown-unknown',
    ...toolchain.args,
  ]
  const cargo = execa(toolchain.cargo, [...args, ...packages.flatMap((name) => ['-p', name])], {
    cwd: project,
    // It wins over RUSTFLAGS of the user and over .cargo/config.toml, so the flags are exactly these.
    env: { ...env, CARGO_ENCODED_RUSTFLAGS: flags.join('\u001f') },
    extendEnv: false,
    cancelSignal: signal,
    lines: true,
    all: true,
    reject: false,
  })
  for await (const line of cargo.iterable({ from: 'stderr' })) {
    if (/^\s+Compiling /.test(line)) onCrate(line.trim())
  }
  const ran = await cargo
  if (ran.failed) throw failed('cargo build', ran.all ?? [])
  return join(metadata.target_directory, 'wasm32-unknown-unknown', profile)
}

async function readMetadata(
  toolchain: Toolchain,
  project: string,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<z.infer<typeof metadataSchema>> {
  const args = ['metadata', '--locked', '--format-version', '1']
  const ran = await execa(toolchain.cargo, args, {
    cwd: project,
    env,
    extendEnv: false,
    cancelSignal: signal,
    reject: false,
  })
  if (ran.failed) throw failed('cargo metadata', ran.stderr.split('\n'))
  return metadataSchema.parse(JSON.parse(ran.stdout))
}

/** Panics carry the path of their source; these flags cut it down to what is the same everywhere. */
function remap(project: string, metadata: z.infer<typeof metadataSchema>, toolchain: Toolchain): string[] {
  const hdk = metadata.packages.find(({ name }) => name === 'hdk')
  const registry = hdk === undefined ? null : dirname(dirname(hdk.manifest_path))
  const prefixes = [
    `${project}=ripple`,
    ...(registry === null ? [] : [`${registry}=crates`]),
    `${toolchain.librarySources}=rust`,
  ]
  return prefixes.map((prefix) => `--remap-path-prefix=${prefix}`)
}

/** An error with the end of what a program said. */
export function failed(command: string, lines: readonly string[]): RippleError {
  return new RippleError('RIPPLE_BUILD_FAILED', { command, detail: lines.slice(-TAIL_LINES).join('\n') })
}
