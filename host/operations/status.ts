/** Defines the verbs `status`, `peers` and the daemon's `down`. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import type { Peer } from '../types/peer.ts'
import { typedHere, withCommand } from './command-name.ts'
import type { Context, StatusView } from './context.ts'
import { fields, table } from './layout.ts'
import { operation } from './operation.ts'
import { clock, joinNotes, roomText, roughly, short, span } from './text.ts'
import { peerView, statusView } from './views.ts'

type PeerView = z.output<typeof peerView>

const nothing = z.strictObject({})

/** Returns the daemon's current status. */
export const status = operation<Context, typeof nothing, typeof statusView>({
  name: 'status',
  effect: 'read',
  summary: 'Show the daemon: network, peers, conductor, engine, models, tasks',
  examples: ['ripple status', 'ripple status --json'],
  input: nothing,
  output: statusView,
  cli: {},
  run: (context, _given, signal) => context.status(signal),
  render: (now, screen) => ({
    lines: fields(
      [
        ['ripple', `${now.version}, pid ${now.pid}, up ${span(now.uptime_ms)}`],
        ['name', now.name],
        ['agent', now.agent],
        ['network', `${now.network.name} (${now.network.dna})`],
        ['bootstrap', now.network.bootstrap_url],
        ['epoch', epochLine(now.epoch)],
        ...chainRows(now.epoch),
        ['peers', `${now.peers.online} online of ${now.peers.known} known`],
        ['api', `${now.api.url} (token in ${now.api.token_file}, key for /v1 in ${now.api.key_file})`],
        ['conductor', `${now.conductor.version}, ${now.conductor.state}, pid ${now.conductor.pid ?? '-'}`],
        ['engine', `${now.engine.build}, ${now.engine.backend_class}`],
        ['artifacts', `${now.artifacts.kind}, ${now.artifacts.pinned} pinned`],
        ['models', now.models.join(', ') || 'none'],
        ['prompt cache', cacheText(now.prompt_cache)],
        ['tasks', `${tally(now.tasks)}; ${now.held_grants} of others here`],
        ['writes', now.writes.why === null ? now.writes.state : `${now.writes.state}: ${now.writes.why}`],
        ['takes work', withCommand(takesWork(now), screen.command())],
        ['data', now.data],
        ['logs', `${now.log}, ${now.conductor.log}`],
      ],
      screen,
    ),
    notes: now.network.join === null ? [] : joinNotes(typedHere(now.network.join, screen.command())),
  }),
})

function takesWork({
  draining,
  paused,
  writes,
  epoch: { room, ends_at },
}: z.output<typeof statusView>): string {
  if (writes.state === 'refused') return 'no: it may not write'
  if (room.runs === 0) return `no: the chain of this epoch is full, until ${clock(ends_at)}`
  if (draining) return "no: draining, until 'ripple drain --off' or a restart"
  return paused === null ? 'yes' : `from this machine only: ${paused}`
}

function cacheText(cache: StatusView['prompt_cache']): string {
  if (cache === null) return 'off'
  const { entries, hits, misses, hit_rate } = cache
  const rate = hit_rate === null ? 'no request with a seed yet' : `${(100 * hit_rate).toFixed(0)} % found`
  return `${entries} answers kept, ${hits} hits, ${misses} misses: ${rate}`
}

function epochLine({ epoch, ends_at, room }: StatusView['epoch']): string {
  const { actions, reserved, max } = room
  const ends = new Date(ends_at).toISOString()
  return `${epoch}, until ${ends}; ${actions} of ${max} actions written, ${reserved} reserved`
}

/** Returns the row about the remaining space of the epoch's chain, if that is small. */
function chainRows({ room, ends_at }: StatusView['epoch']): Array<readonly [string, string]> {
  const text = roomText(room, ends_at)
  return text === null ? [] : [['chain', text]]
}

function tally(tasks: Readonly<Record<string, number>>): string {
  const parts = Object.entries(tasks).map(([state, count]) => `${count} ${state}`)
  return parts.join(', ') || 'none'
}

const peersView = z.strictObject({
  peers: z.array(peerView),
  join: z.string().nullable().describe('the command that joins another machine, where no other one is there'),
})

/** Lists the peers and their resources. */
export const peers = operation<Context, typeof nothing, typeof peersView>({
  name: 'peers',
  effect: 'read',
  summary: 'List the peers of the network and what they have',
  examples: ['ripple peers', 'ripple peers --json'],
  input: nothing,
  output: peersView,
  cli: {},
  run: async (context, _given, signal) => {
    const now = Date.now()
    const peers = (await context.peers(signal)).map((peer) => viewOf(peer, context.agent, now))
    const alone = peers.every(({ self, state }) => self || state === 'offline' || state === 'silent')
    return { peers, join: alone ? (await context.status(signal)).network.join : null }
  },
  render: (given, screen) => ({
    lines: table(
      [
        { head: 'AGENT', least: 12, id: true, drop: 1 },
        { head: 'NAME', least: 6 },
        'STATE',
        { head: 'CPU', drop: 5 },
        { head: 'RAM', drop: 4 },
        { head: 'GPU', least: 12, drop: 6 },
        { head: 'MODELS', least: 16, drop: 3 },
        { head: 'SEEN', drop: 2 },
      ],
      given.peers.map((peer) => [
        short(peer.agent),
        peer.self ? `${peer.name} (this one)` : peer.name,
        peer.state,
        String(peer.cpu_cores),
        `${peer.ram_gb} GiB`,
        peer.gpu ?? '-',
        peer.models.join(',') || '-',
        peer.seen_ms_ago === null ? '-' : `${roughly(peer.seen_ms_ago)} ago`,
      ]),
      screen,
    ),
    notes:
      given.join === null
        ? []
        : ['no other machine is here', ...joinNotes(typedHere(given.join, screen.command()))],
  }),
})

function viewOf(peer: Peer, self: string, now: number): PeerView {
  const { compute, inference } = peer.card.capabilities
  const ago = peer.seenAt === null ? null : Math.max(0, now - peer.seenAt)
  return {
    agent: peer.agent,
    name: peer.card.agent_name,
    self: peer.agent === self,
    state: peer.agent === self ? peer.card.availability : stateOf(peer, ago),
    cpu_cores: compute.cpu_cores,
    ram_gb: compute.ram_gb,
    gpu: compute.gpu === null ? null : compute.gpu.model,
    models: inference.models_loaded,
    held_grants: peer.presence?.held_grants ?? null,
    seen_ms_ago: ago,
    version: peer.card.agent_version,
  }
}

/**
 * Returns a peer's state. A peer that was never heard is silent; one that missed its beats is offline, regardless of
 * its card.
 */
function stateOf(peer: Peer, ago: number | null): PeerView['state'] {
  if (ago === null) return 'silent'
  if (ago > limits.presence_every_ms * limits.presence_missed_max) return 'offline'
  return peer.presence?.availability ?? peer.card.availability
}

const downOutput = z.strictObject({ pid: z.number().int(), stopped: z.boolean() })

/** Begins an orderly stop of the daemon. */
export const stop = operation<Context, typeof nothing, typeof downOutput>({
  name: 'down',
  effect: 'destroy',
  summary: 'Stop the daemon',
  examples: ['ripple down'],
  input: nothing,
  output: downOutput,
  cli: {},
  run: async (context) => {
    context.stop()
    return { pid: process.pid, stopped: false }
  },
  render: (given) => ({ lines: [`daemon ${given.pid} ${given.stopped ? 'has stopped' : 'is stopping'}`] }),
})
