/** Runs the operations on networks, their invites and their members. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import type { ConfigLayer } from '../../config/settings.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Context } from '../context.ts'
import type { Joining, Local, Ready } from '../local.ts'
import { status } from '../machine/shape.ts'
import { type Handler, handle } from '../operation.ts'
import { peerRedeem } from '../peer/shape.ts'
import { stopDaemon } from '../process/run.ts'
import { callOperation } from '../remote.ts'
import {
  invite,
  inviteRead,
  join,
  networkCreate,
  networkLs,
  networkRevoke,
  networkShow,
  networkUse,
} from './shape.ts'

/** Milliseconds for which `join` waits for a first peer. */
const FIRST_PEER_MS = 45_000
/** Milliseconds between looks for peers. */
const LOOK_MS = 500

/** The operations on networks that a running daemon has. */
export const networkHandlers: readonly Handler<Context>[] = [
  handle(invite, ({ members }: Context, { expires_ms, ...given }) =>
    members.invite({ ...given, expiresAt: Date.now() + expires_ms }),
  ),
  handle(inviteRead, ({ members }: Context, { line }, signal) => members.read(line, signal)),
  handle(networkRevoke, async ({ members }: Context, { peer }, signal) => ({
    agent: await members.revoke(peer, signal),
  })),
]

/** The operations on the networks of the data folder, with or without a daemon. */
export const knownNetworkHandlers: readonly Handler<Pick<Context, 'networks'>>[] = [
  handle(networkLs, async ({ networks }) => ({
    networks: (await networks.list()).map(
      ({ seed: _seed, founder: _founder, agent: _agent, ...view }) => view,
    ),
  })),
  handle(networkShow, ({ networks }, { name }) => networks.show(name ?? null)),
  handle(networkCreate, ({ networks }, { name }) => networks.create(name)),
  handle(networkUse, async ({ networks }, { name }) => {
    const { seed: _seed, founder: _founder, agent: _agent, ...view } = await networks.use(name)
    return view
  }),
]

/** Joins a network, which starts a daemon. */
export const joinHandler: Handler<Local> = handle(join, joinByInvite)

async function joinByInvite(
  local: Local,
  { line, name, port }: z.output<typeof join.input>,
  signal: AbortSignal,
): Promise<z.output<typeof join.output>> {
  const joining = await local.networks.accept(line, signal)
  const flags = {
    ...joining.flags,
    ...(name === undefined ? {} : { name }),
    ...(port === undefined ? {} : { api: { port } }),
  }
  const ready = await enter(local, joining, flags, signal)
  const deadline = performance.now() + FIRST_PEER_MS
  let peers = 0
  while (peers === 0 && performance.now() < deadline) {
    peers = (await callOperation(local, status, {}, signal)).peers.online
    if (peers === 0) await sleep(LOOK_MS, undefined, { signal })
  }
  return { network: joining.name, agent: ready.agent, peers, data: ready.data }
}

/**
 * Starts the daemon, unless it runs on the network already, and lets it and the inviter accept each other. A join that fails
 * leaves no daemon that was not there.
 */
async function enter(
  local: Local,
  joining: Joining,
  flags: ConfigLayer,
  signal: AbortSignal,
): Promise<Ready> {
  const { name, line } = joining
  const running = line === null ? null : await local.running(signal)
  if (running !== null && running.local !== name)
    throw new RippleError('RIPPLE_DATA_IN_USE', { data: local.data })
  let ready = running
  try {
    ready ??= await local.detach(flags, signal)
    if (line !== null) await callOperation(local, peerRedeem, { line }, signal)
    return ready
  } catch (thrown) {
    if (running !== null) throw thrown
    // The stop must not end with the signal that may have ended the call.
    if (ready !== null) await stopDaemon(local, new AbortController().signal).catch(() => {})
    await joining.failed(thrown)
    throw thrown
  }
}
