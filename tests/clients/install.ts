// Installs the tested clients from their registries, in the versions of the lock files.
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa, execaSync, type Options } from 'execa'
import { cache } from '../../host/setup/paths.mjs'

/** Longest time that one step of an installation may take, in milliseconds: the packages have 800 MB together. */
const INSTALL_MS = 300_000

/** The folder of the clients' scripts. */
export const here = import.meta.dirname
/** The folder of the packages for Python. */
const venv = join(cache, 'test-clients-python')
/** The Python that has them. */
export const python = join(venv, 'bin', 'python')
/** The folder of lm-evaluation-harness, its Python, and its program. */
const lmEvalVenv = join(cache, 'test-lm-eval')
export const lmEvalPython = join(lmEvalVenv, 'bin', 'python')
export const lmEval = join(lmEvalVenv, 'bin', 'lm_eval')
/** The program of opencode. */
export const opencode = join(here, 'node_modules', '.bin', 'opencode')
/** The program of MCP's conformance suite, for Node. */
export const conformance = join(
  ...[here, 'node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js'],
)

/** The folder of the agents that have hundreds of megabytes. */
const heavy = join(here, 'heavy')
/** The program of Claude Code, for Node. */
export const claudeCode = join(heavy, 'node_modules', '@anthropic-ai', 'claude-code', 'cli-wrapper.cjs')

/** The program of Codex CLI, for Node. */
export const codex = join(heavy, 'node_modules', '@openai', 'codex', 'bin', 'codex.js')

/** The program of MCP's inspector, for Node. */
export const inspector = join(
  ...[
    heavy,
    'node_modules',
    '@modelcontextprotocol',
    'inspector',
    'clients',
    'launcher',
    'build',
    'index.js',
  ],
)

/** The reason why the clients for Python cannot be run here; null if they can. */
export function pythonProblem(): string | null {
  const has = 'import ensurepip, sys; assert sys.version_info >= (3, 11)'
  return execaSync('python3', ['-c', has], { reject: false }).failed
    ? 'Python 3.11 with its module venv is missing: sudo apt-get install -y python3-venv'
    : null
}

/** Installs the clients for JavaScript next to their scripts, unless they are there. */
export function installForNode(): Promise<void> {
  const modules = join(here, 'node_modules')
  return install(join(here, 'package-lock.json'), modules, async () => {
    // Not `npm ci`: it needs opencode's programs for all other systems in the lock file, and some registries lack them.
    await run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here })
    // Only this install script is needed: it puts the program for this machine in its place.
    await run(process.execPath, [join(modules, 'opencode-ai', 'postinstall.mjs')])
  })
}

/** Installs the heavy agents next to their lock file, unless they are there. */
export function installHeavy(): Promise<void> {
  return install(join(heavy, 'package-lock.json'), join(heavy, 'node_modules'), () =>
    run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: heavy }),
  )
}

/** Installs lm-evaluation-harness in the user's cache, unless it is there. */
export function installLmEval(): Promise<void> {
  const requirements = join(here, 'lm-eval', 'requirements.txt')
  return install(requirements, lmEvalVenv, async () => {
    await run('python3', ['-m', 'venv', lmEvalVenv])
    const words = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-deps']
    await run(lmEvalPython, ['-m', 'pip', 'install', ...words, '-r', requirements])
  })
}

/** Installs the clients for Python in the user's cache, where they are not there yet. */
export function installForPython(): Promise<void> {
  const requirements = join(here, 'requirements.txt')
  return install(requirements, venv, async () => {
    await run('python3', ['-m', 'venv', venv])
    const words = ['--quiet', '--disable-pip-version-check', '--no-input', '--only-binary', ':all:']
    await run(python, ['-m', 'pip', 'install', ...words, '--require-hashes', '-r', requirements])
  })
}

/** Installs the packages of a lock file in a folder, unless a copy of the lock file there says that it has them. */
async function install(lock: string, folder: string, run: () => Promise<void>): Promise<void> {
  const done = join(folder, 'installed')
  if (existsSync(done) && (await readFile(done, 'utf8')) === (await readFile(lock, 'utf8'))) return
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await run()
  await copyFile(lock, done)
}

/** Runs one step of an installation. Rejects with all its output, so that a client never passes untested. */
async function run(program: string, words: readonly string[], options: Options = {}): Promise<void> {
  await execa(program, words, { ...options, timeout: INSTALL_MS, stdin: 'ignore' })
}
