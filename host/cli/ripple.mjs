#!/usr/bin/env node
// Starts every command on the pinned Node, which is in the `node` package next to this file's packages. If Node is already
// the pinned one, the command runs in this process. This is plain JavaScript, because the machine's own Node may be old.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import * as modules from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { badProxy, PROXY_FIX } from '../setup/bad-proxy.mjs'
import { cache } from '../setup/paths.mjs'
import { watchParent } from '../setup/watch-parent.mjs'
import { withoutCores } from '../setup/without-cores.mjs'

const here = dirname(realpathSync(fileURLToPath(import.meta.url)))
const main = join(here, 'main.ts')
const self = fileURLToPath(import.meta.url)
const words = process.argv.slice(2)

/**
 * V8 doubles its space for young objects while many are made, to 60 MiB when a daemon starts, and hardly releases it.
 * With its first size, a daemon needs 140 MiB instead of 210. The flag must be set before anything is loaded.
 */
const FRUGAL_HEAP = '--semi-space-growth-factor=1'
/**
 * glibc keeps what one large request has taken, and asks the system for more. From this many freed bytes on it returns them.
 * After 20,000 requests a daemon needs 263 MiB instead of 306.
 */
const FRUGAL_MALLOC = { MALLOC_TRIM_THRESHOLD_: '131072' }
const SET_UP = "run 'npm start' once in the folder of Ripple: it sets everything up"
const require = modules.createRequire(join(here, 'ripple.mjs'))

/** Returns the pinned Node that set-up installed; null before set-up ran. */
function pinnedNode() {
  try {
    const manifest = require.resolve('node/package.json')
    return {
      program: join(dirname(manifest), 'bin', 'node'),
      version: JSON.parse(readFileSync(manifest, 'utf8')).version,
    }
  } catch {
    return null
  }
}

/** Runs the command in this process. */
async function run() {
  setFlagsFromString(FRUGAL_HEAP)
  // Node strips the types itself, and caches V8's compiled code, which halves the time of a start. The code in the cache is run,
  // so only the user may write to it. The cache is used only if set-up has made its folder, so `ripple --help` writes no files.
  // The function is not imported by name, because an old Node lacks it and would fail at the import.
  const umask = process.umask(0o077)
  if (existsSync(cache)) modules.enableCompileCache?.(join(cache, 'compiled'))
  process.umask(umask)
  await import(pathToFileURL(main).href)
}

/** Whether this process runs on the pinned Node, or on another copy of its version. */
function isPinned({ program, version }) {
  return process.versions.node === version || realpathSync(process.execPath) === realpathSync(program)
}

/** Runs the command in a child process on the pinned Node. Passes signals on and takes over its exit code. */
function runOn(program) {
  const { file, args } = withoutCores(program, [FRUGAL_HEAP, self, ...words])
  const child = spawn(file, args, { stdio: 'inherit', env: { ...FRUGAL_MALLOC, ...process.env } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const watching = process.env.npm_lifecycle_event && watchParent(() => child.kill('SIGTERM'))
  child.on('error', (error) => fail(`${program} cannot be started: ${error.message}`))
  child.on('exit', (code, signal) => {
    clearInterval(watching)
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}

/** Whether this process will stay with keys in memory and may leave a core dump. Its flags show whether that was prevented. */
function mayLeaveCores() {
  return words.some((word) => word === 'up' || word === 'relay') && !process.execArgv.includes(FRUGAL_HEAP)
}

/** Restarts this command in the same process, so that it leaves no core dump. */
function beginWithoutCores() {
  const flags = [...process.execArgv, FRUGAL_HEAP]
  const { file, args } = withoutCores(process.execPath, [...flags, self, ...words])
  process.execve(file, [file, ...args], { ...FRUGAL_MALLOC, ...process.env })
}

/**
 * Removes the secret of a network, which follows the `#` of its URL, from the arguments of this process. Other users of the
 * machine can read the arguments while it runs.
 */
function hideSecrets() {
  const shown = words.map((word) => word.replace(/^(.*:\/\/[^#]*)#.*/s, '$1'))
  if (shown.some((word, index) => word !== words[index])) process.title = ['ripple', ...shown].join(' ')
}

/**
 * Whether the command has bytes that are not UTF-8. Node replaces them by U+FFFD, which a child would take for the user's text.
 * Only Linux shows the bytes; other systems run the command without this check.
 */
function isGarbled() {
  if (!process.argv.some((word) => word.includes('\ufffd'))) return false
  try {
    const bytes = readFileSync('/proc/self/cmdline')
    return Buffer.from(bytes.toString('utf8')).compare(bytes) !== 0
  } catch {
    return false
  }
}

function fail(detail, code = 'RIPPLE_USAGE', hint = SET_UP) {
  process.stderr.write(`error: ${detail} [${code}]\nhint: ${hint}\n`)
  process.exitCode = 2
}

// Checked first, because hiding secrets changes the bytes.
const garbled = isGarbled()
hideSecrets()
const node = pinnedNode()
if (node === null) fail('the packages of Ripple are not installed')
else if (garbled) fail('the command is not UTF-8', 'RIPPLE_PROMPT_ENCODING', 'convert it first')
else if (badProxy() !== null)
  fail(`${badProxy()} is not the URL of a proxy`, 'RIPPLE_CONFIG_INVALID', PROXY_FIX)
else if (!isPinned(node)) runOn(node.program)
else if (mayLeaveCores()) beginWithoutCores()
else await run()
