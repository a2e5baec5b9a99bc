/** Runs the daemon until it is told to stop. */
import type { Config } from '../../config/config.ts'
import { askDirectly, type Env } from '../../config/env.ts'
import { writeLastNetwork } from '../../config/last-network.ts'
import { isLoopback } from '../../config/network.ts'
import type { Foreground, Ready } from '../../operations/local.ts'
import { isOnline } from '../../peers/presence.ts'
import { untilAborted } from '../../types/or-aborted.ts'
import { openContext } from '../compose/context.ts'
import { serve } from '../compose/serve.ts'
import { writePrivately } from '../machine/restrict-umask.ts'
import { warnIfAlone } from '../peers/warn-if-alone.ts'
import { checkStart } from './check-start.ts'

/** Deadline for listing the known peers, in milliseconds. */
const PEERS_MS = 1_000

/**
 * Opens the context, serves it, waits for the end, and stops everything in reverse. `say` receives the steps. Rejects
 * with the error of the part that did not open; nothing is left running then.
 */
export async function runDaemon(
  config: Config,
  env: Env,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Foreground<Ready>> {
  const stopping = new AbortController()
  const either = AbortSignal.any([signal, stopping.signal])
  askDirectly(loopbackHosts(config))
  writePrivately()
  // Checked first: finding the port taken after everything is open would waste a minute and leave folders behind.
  await checkStart(config, env, say, either)
  const open = await openContext({ config, env, say, signal: either, stop: () => stopping.abort() })
  try {
    const ready = await serve(open, either)
    await writeLastNetwork(config)
    if (ready.server !== null)
      void warnIfAlone({ url: ready.server, othersAreThere: () => othersAreThere(open), say }, either)
    return { ready, ended: untilAborted(either).then(() => unwind(open, say)) }
  } catch (thrown) {
    await open.stack.disposeAsync()
    throw thrown
  }
}

/** Lists hosts in the configuration that are this machine under another name, such as `127.0.0.2`. */
function loopbackHosts({ artifacts, upstream }: Config): string[] {
  const providers = upstream.providers.map((one) => (one.kind === 'openai' ? one.base_url : null))
  return [artifacts.kubo_url, ...providers]
    .filter((url) => url !== null)
    .map((url) => new URL(url).hostname)
    .filter(isLoopback)
}

async function othersAreThere({ context }: Open): Promise<boolean> {
  const peers = await context.peers(AbortSignal.timeout(PEERS_MS))
  return peers.some((peer) => peer.agent !== context.agent && isOnline(peer, Date.now()))
}

type Open = Awaited<ReturnType<typeof openContext>>

async function unwind(open: Open, say: (line: string) => void): Promise<void> {
  say('stopping: the conductor says goodbye to its peers')
  await open.stack.disposeAsync()
}
