/** Shows the daemon, its peers and their states on the terminal. */
import type { z } from 'zod'
import { typedHere, withCommand } from '../../operations/command-name.ts'
import type { StatusView } from '../../operations/context.ts'
import { type Column, fields, table } from '../../operations/layout.ts'
import { drain, peers, status } from '../../operations/machine/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { chainCapacityText, clock, joinNotes, roughly, short, span } from '../../operations/text.ts'

type PeersAnswer = z.output<typeof peers.output>
type PeerView = PeersAnswer['peers'][number]

/** The columns that `loadCells` and `pathCells` fill. */
const WIDE_COLUMNS: readonly Column[] = [
  { head: 'LOAD', drop: 8 },
  { head: 'LOADED', least: 8, drop: 9 },
  { head: 'PATH', least: 9 },
  'ROUND TRIP',
]

/** The presentations of the operations on this machine. */
export const machinePresenters: readonly Presenter[] = [
  present(status, {
    render: (now, screen) => ({
      lines: fields(
        [
          ['ripple', `${now.version}, pid ${now.pid}, up ${span(now.uptime_ms)}`],
          ['name', now.name],
          ['agent', now.agent],
          ['network', `${networkName(now.network)} (${now.network.dna})`],
          ['bootstrap', now.network.server ?? 'none yet'],
          ['address', now.network.address ?? '-'],
          ['epoch', epochLine(now.epoch)],
          ...chainRows(now.epoch),
          ['presence', `${now.presence.state}: ${now.presence.why}`],
          ['peers', peersText(now.peers)],
          ['api', `${now.api.url} (token in ${now.api.token_file}, key for /v1 in ${now.api.key_file})`],
          ...(now.api.ollama === null ? [] : [['ollama', now.api.ollama] as const]),
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
  }),
  present(peers, {
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
          { head: 'BY', drop: 7 },
          ...(isWide(given.peers) ? WIDE_COLUMNS : []),
        ],
        given.peers.map((peer) => [
          short(peer.agent),
          peer.self ? `${peer.name} (this one)` : peer.name,
          peer.waiting === null ? peer.state : `${peer.state}, waiting to be accepted ${peer.waiting}`,
          String(peer.cpu_cores),
          `${peer.ram_gb} GiB`,
          peer.gpu ?? '-',
          peer.models.join(',') || '-',
          peer.seen_ms_ago === null ? '-' : `${roughly(peer.seen_ms_ago)} ago`,
          peer.seen_by ?? '-',
          ...(isWide(given.peers) ? [...loadCells(peer), ...pathCells(peer)] : []),
        ]),
        screen,
      ),
      notes: [
        ...acceptNotes(given.peers, screen.command()),
        ...(given.join === null
          ? []
          : ['no other machine is here', ...joinNotes(typedHere(given.join, screen.command()))]),
      ],
    }),
  }),
  present(drain, {
    render: ({ draining, held_grants }) => ({
      lines: [draining ? `draining: ${held_grants} grants are still being finished` : 'takes work again'],
    }),
  }),
]

function peersText({ online, known, waiting }: StatusView['peers']): string {
  const text = `${online} online of ${known} known`
  return waiting === 0 ? text : `${text}, ${waiting} waiting to be accepted`
}

/** Says how the machines that wait to be accepted are accepted, on this machine and on the others. */
function acceptNotes(peers: PeersAnswer['peers'], command: string): string[] {
  const own = peers.find(({ self }) => self)?.name ?? 'NAME'
  const here = peers.filter(({ waiting }) => waiting === 'here').map(({ name }) => name)
  const there = peers.filter(({ waiting }) => waiting === 'there').map(({ name }) => name)
  return [
    ...here.map((name) => withCommand(`'ripple peer accept ${name}' accepts it on this machine`, command)),
    ...there.map((name) => `on ${name}: 'ripple peer accept ${own}'`),
  ]
}

/** Whether the ways to peers were asked for, and there is one. */
function isWide(peers: readonly PeerView[]): boolean {
  return peers.some(({ path }) => path !== null)
}

/** Returns how busy a peer is, and the models that it has in memory. */
function loadCells({ details }: PeerView): [string, string] {
  const loaded = (details?.models ?? []).filter((model) => model.loaded).map(({ name }) => name)
  return [details?.load ? `${details.load.cpu_percent} %` : '-', loaded.join(',') || '-']
}

/** Returns the way to a peer, and the round-trip time. */
function pathCells({ path }: PeerView): [string, string] {
  if (path === null) return ['-', '-']
  const by = { direct: 'direct', relayed: `relayed by ${path.by ?? '?'}`, conductor: 'through the conductor' }
  return [by[path.kind], path.rtt_ms === null ? '-' : `${path.rtt_ms} ms`]
}

function networkName({ name, local }: StatusView['network']): string {
  return local === null ? name : `${name} '${local}'`
}

function takesWork({ draining, paused, writes, epoch: { room, ends_at } }: StatusView): string {
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
  const text = chainCapacityText(room, ends_at)
  return text === null ? [] : [['chain', text]]
}

function tally(tasks: Readonly<Record<string, number>>): string {
  const parts = Object.entries(tasks).map(([state, count]) => `${count} ${state}`)
  return parts.join(', ') || 'none'
}
