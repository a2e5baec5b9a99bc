import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { joinUrl, readNetwork } from '../config/network.ts'
import type { Foreground } from '../operations/local.ts'
import { runBootstrapServer } from '../supervise/bootstrap-server.ts'
import { randomSession } from './join-network.ts'
import { writePrivately } from './keep-private.ts'
import { locateProgram } from './programs.ts'

/** Runs a bootstrap server in the foreground until the signal aborts. Rejects as `runBootstrapServer` does. */
export async function serveBootstrap(
  config: Config,
  env: Env,
  listen: string,
  signal: AbortSignal,
): Promise<Foreground<{ url: string }>> {
  writePrivately()
  const session =
    readNetwork(config.network, config.network_file).persistence === 'session' ? randomSession() : null
  const program = await locateProgram('kitsune2-bootstrap-srv', env, config.cache, signal)
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'ripple-bootstrap-'))
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  const logFile = join(folder, 'bootstrap.log')
  const server = opening.use(
    await runBootstrapServer({ program, listen, folder, logFile, onEvent: () => {} }, signal),
  )
  const stack = opening.move()
  const ended = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
  }).then(() => stack.disposeAsync())
  return { ready: { url: joinUrl(server.url, session) }, ended }
}
