/** Starts a daemon that outlives the command. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Config } from '../../config/config.ts'
import { daemonEnv, type Env } from '../../config/env.ts'
import { dataPaths } from '../../config/paths.ts'
import type { ConfigLayer } from '../../config/settings.ts'
import { RippleError, readError } from '../../errors/ripple-error.ts'
import { daemonStopMs } from '../../limits.ts'
import type { Ready } from '../../operations/local.ts'
import { readyView } from '../../operations/process/view.ts'
import { daemonReadyMs } from '../machine/ready-time.ts'
import { checkStart } from './check-start.ts'

/** Milliseconds between looks for the new daemon's first line. */
const POLL_MS = 50

/**
 * Starts the daemon in a process and session of its own, so that it outlives the terminal. The daemon's first line goes
 * to a file, from which this function reads whether it is ready. Rejects with the daemon's own error after the daemon
 * has ended.
 */
export async function detach(
  config: Config,
  flags: ConfigLayer,
  { env, say }: { readonly env: Pick<Env, 'secrets' | 'path'>; readonly say: (line: string) => void },
  signal: AbortSignal,
): Promise<Ready> {
  await checkStart(config, env, say, signal)
  const { logs } = dataPaths(config.data)
  mkdirSync(logs, { recursive: true, mode: 0o700 })
  const word = join(logs, 'up.json')
  const out = openSync(word, 'w', 0o600)
  const err = openSync(join(logs, 'up.log'), 'w', 0o600)
  const entry = fileURLToPath(new URL('../../cli/ripple.mjs', import.meta.url))
  const args = [entry, 'up', '--json', '--data', config.data, ...flagsOf(flags)]
  const child = spawn(process.execPath, args, {
    detached: true,
    env: { ...daemonEnv(env), ...variablesOf(flags) },
    stdio: ['ignore', out, err],
  })
  closeSync(out)
  closeSync(err)
  let over = false
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      over = true
      resolve()
    })
  })
  try {
    return await answer(word, () => over, signal)
  } catch (thrown) {
    if (!over) child.kill('SIGTERM')
    // The daemon's folder and ports are free only after it has ended.
    await Promise.race([exited, sleep(daemonStopMs, undefined, { ref: false })])
    throw thrown
  } finally {
    child.unref()
  }
}

async function answer(word: string, over: () => boolean, signal: AbortSignal): Promise<Ready> {
  const deadline = performance.now() + daemonReadyMs
  for (;;) {
    const ended = over()
    const line = readFileSync(word, 'utf8')
    if (line.endsWith('\n')) return readAnswer(line)
    if (ended) throw new RippleError('RIPPLE_INTERNAL', { detail: 'the daemon ended before it was ready' })
    signal.throwIfAborted()
    if (performance.now() > deadline) {
      throw new RippleError('RIPPLE_TIMEOUT', { what: 'the start of the daemon', ms: daemonReadyMs })
    }
    await sleep(POLL_MS)
  }
}

function readAnswer(line: string): Ready {
  const document: unknown = JSON.parse(line)
  const error = readError(document)
  if (error !== null) throw error
  return readyView.parse(document)
}

function flagsOf(flags: ConfigLayer): string[] {
  return [
    ...(flags.network === undefined ? [] : ['--network', flags.network]),
    ...(flags.name === undefined ? [] : ['--name', flags.name]),
    ...(flags.local?.name === undefined ? [] : ['--local', flags.local.name]),
    ...(flags.net?.peers?.[0] === undefined ? [] : ['--peer', flags.net.peers[0]]),
    ...(flags.api?.port === undefined ? [] : ['--port', String(flags.api.port)]),
  ]
}

/**
 * Returns the settings that are passed as variables: an answer that has no flag, and the URL to join. It may hold a network's
 * secret name, and other users can read arguments.
 */
function variablesOf({ bootstrap_url: url, local }: ConfigLayer): Record<string, string> {
  return {
    ...(typeof url === 'string' && { RIPPLE_BOOTSTRAP_URL: url }),
    ...(local?.open === true && { RIPPLE_LOCAL_OPEN: 'true' }),
  }
}
