/** Makes a project with nothing but set-up in it, on a machine of stand-ins for cargo and the programs that it builds. */
import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { defaultModel, versions } from '../../host/setup/versions.mjs'

const root = resolve(import.meta.dirname, '../..')

/** Stands in for cargo: says nothing for `seconds`, leaves build output, and installs the program that was asked for. */
export const cargo = (seconds: number) => `#!/bin/sh
[ "$1" = --version ] && { echo cargo 1.99.0; exit; }
echo ran > "$CARGO_HOME/ran"
sleep ${seconds}
mkdir -p "$CARGO_TARGET_DIR/release" && echo output > "$CARGO_TARGET_DIR/release/lib"
[ -n "$FAIL" ] && { echo 'error: could not compile' >&2; exit 101; }
while [ $# -gt 0 ]; do
  case "$1" in --root) root=$2;; --version) version=$2;; esac
  shift
done
mkdir -p "$root/bin" && printf '#!/bin/sh\\necho holochain %s\\n' "$version" > "$root/bin/holochain"
chmod +x "$root/bin/holochain"
`

/** Stands in for a program of which only the version is asked. */
export const versioned = (said: string) => `#!/bin/sh\necho '${said}'\n`

/** A project and the machine around it. */
export interface SetUpProject extends AsyncDisposable {
  readonly folder: string
  /** The user's cache. */
  readonly cache: string
  /** The file that cargo's stand-in leaves where it has built. */
  readonly cargoRan: string
  /** Puts a program onto the machine's search path. */
  program(name: string, text: string): Promise<void>
  /** Runs set-up, on a terminal of its own where that is asked for. */
  setUp(
    env?: Record<string, string>,
    options?: { readonly terminal?: boolean },
  ): Promise<{ code: number | null; said: string }>
}

/** Makes a project whose packages and model are there, on a machine that lacks the conductor. */
export async function setUpProject(): Promise<SetUpProject> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-setup-'))
  const cache = join(folder, 'cache/ripple')
  const program = async (name: string, text: string): Promise<void> => {
    const file = join(folder, 'bin', name)
    await mkdir(join(folder, 'bin'), { recursive: true })
    await writeFile(file, text)
    await chmod(file, 0o755)
  }
  await makeProject(join(folder, 'project'))
  await program('npm', 'true\n')
  await program('cargo', cargo(0))
  await program('rustc', versioned('rustc 1.99.0'))
  for (const name of ['cc', 'cmake', 'perl', 'python3']) await program(name, versioned(name))
  await program('kitsune2-bootstrap-srv', versioned(`srv ${versions['kitsune2-bootstrap-srv']}`))
  await mkdir(join(folder, 'cargo'))
  await model(cache)
  return {
    folder,
    cache,
    cargoRan: join(folder, 'cargo/ran'),
    program,
    setUp: (env = {}, { terminal = false } = {}) => run(folder, env, terminal),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function makeProject(project: string): Promise<void> {
  await cp(join(root, 'host/setup'), join(project, 'host/setup'), { recursive: true })
  await cp(join(root, 'package-lock.json'), join(project, 'package-lock.json'))
  await mkdir(join(project, 'host/start'))
  await writeFile(join(project, 'host/start/main.ts'), 'console.log("started")\n')
  await mkdir(join(project, 'node_modules/node/bin'), { recursive: true })
  await symlink(process.execPath, join(project, 'node_modules/node/bin/node'))
  await mkdir(join(project, 'node_modules/tsx'))
  await writeFile(join(project, 'node_modules/tsx/package.json'), '{"name":"tsx","exports":"./tsx.mjs"}')
  await writeFile(join(project, 'node_modules/tsx/tsx.mjs'), '')
}

/** Puts a file of the default model's size into a cache. */
async function model(into: string): Promise<void> {
  const file = join(into, 'models', defaultModel.file)
  await mkdir(join(into, 'models'), { recursive: true })
  await writeFile(file, '')
  await truncate(file, defaultModel.bytes)
  await utimes(file, 1, 1)
}

async function run(folder: string, env: Record<string, string>, terminal: boolean) {
  const command = [process.execPath, join(folder, 'project/host/setup/bootstrap.mjs'), 'start']
  const words = terminal ? ['script', '-qec', command.join(' '), '/dev/null'] : command
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: join(folder, 'project'),
    env: {
      PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
      HOME: folder,
      XDG_CACHE_HOME: join(folder, 'cache'),
      CARGO_HOME: join(folder, 'cargo'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, said }
}
