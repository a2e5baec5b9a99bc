#!/usr/bin/env node
// Every command's first file: finds the Node of the `node` package beside this file's packages, and runs the command on
// it. A Node that is already the pinned one runs it in this process. Plain JavaScript, because the machine's own Node
// may be an old one.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import * as modules from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { cache } from '../setup/paths.mjs'
import { watchParent } from '../setup/watch-parent.mjs'
import { withoutCores } from '../setup/without-cores.mjs'

const here = dirname(realpathSync(fileURLToPath(import.meta.url)))
const main = join(here, 'main.ts')
const self = fileURLToPath(import.meta.url)
const words = process.argv.slice(2)

/**
 * V8 doubles its space for young objects while many are made, to 60 MiB when a daemon starts, and hardly gives it back.
 * Kept at its first size, a daemon needs 140 MiB instead of 210. It must be told before anything is loaded.
 */
const FRUGAL_HEAP = '--semi-space-growth-factor=1'
const SET_UP = "run 'npm start' once in the folder of Ripple: it sets everything up"
const require = modules.createRequire(join(here, 'ripple.mjs'))

/** The pinned Node, as set-up installed it; null before set-up ran. */
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
  // Node strips the types itself, and keeps what V8 has compiled: a command is there in half the time. In the user's own
  // cache, which nobody else may write to, because what is found there is run, and where set-up has made one: `ripple --help`
  // leaves nothing behind. Not imported by name: an old Node has none, and would end at the import.
  const umask = process.umask(0o077)
  if (existsSync(cache)) modules.enableCompileCache?.(join(cache, 'compiled'))
  process.umask(umask)
  await import(pathToFileURL(main).href)
}

/** Whether this process runs on that Node, or on its twin. */
function isPinned({ program, version }) {
  return process.versions.node === version || realpathSync(process.execPath) === realpathSync(program)
}

/** Runs the command in a child on the pinned Node, passing signals on and giving its exit code back. */
function runOn(program) {
  const { file, args } = withoutCores(program, [FRUGAL_HEAP, self, ...words])
  const child = spawn(file, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const watching = process.env.npm_lifecycle_event && watchParent(() => child.kill('SIGTERM'))
  child.on('error', (error) => fail(`${program} cannot be started: ${error.message}`))
  child.on('exit', (code, signal) => {
    clearInterval(watching)
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}

/** Whether this process stays, with keys in memory, and may leave a core dump: its flags tell whether it began without them. */
function mayLeaveCores() {
  return (
    words.some((word) => word === 'up' || word === 'bootstrap') && !process.execArgv.includes(FRUGAL_HEAP)
  )
}

/** Begins this command anew, in this process, so that it leaves no core dump. */
function beginWithoutCores() {
  const flags = [...process.execArgv, FRUGAL_HEAP]
  const { file, args } = withoutCores(process.execPath, [...flags, self, ...words])
  process.execve(file, [file, ...args], process.env)
}

/**
 * Takes the secret of a network, which stands behind the `#` of its URL, out of the words of this process: other users of the
 * machine can read them for as long as it runs.
 */
function hideSecrets() {
  const shown = words.map((word) => word.replace(/^(.*:\/\/[^#]*)#.*/s, '$1'))
  if (shown.some((word, index) => word !== words[index])) process.title = ['ripple', ...shown].join(' ')
}

/**
 * Whether the command holds bytes that are not UTF-8. Node puts U+FFFD in their place, and a child would take that for what was
 * typed. Where the system does not show the bytes, as only Linux does, it is taken as typed.
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

// Looked at before: hiding secrets changes the bytes.
const garbled = isGarbled()
hideSecrets()
const node = pinnedNode()
if (node === null) fail('the packages of Ripple are not installed')
else if (garbled) fail('the command is not UTF-8', 'RIPPLE_PROMPT_ENCODING', 'convert it first')
else if (!isPinned(node)) runOn(node.program)
else if (mayLeaveCores()) beginWithoutCores()
else await run()
