/** Reads the figures of a running daemon for its metrics. */
import type { Artifacts } from '../../artifacts/port.ts'
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import type { Engine } from '../../engine/port.ts'
import { limits } from '../../limits.ts'
import { stateNow } from '../../peers/presence.ts'
import type { ShareWatch } from '../../share/watch.ts'
import { metrics } from '../../telemetry/metrics/definitions.ts'
import type { Meters } from '../../telemetry/metrics/meters.ts'
import type { Clock } from '../../types/clock.ts'
import { orAborted } from '../../types/or-aborted.ts'
import type { OwnState } from '../../types/own-state.ts'
import type { Peer } from '../../types/peer.ts'
import { version } from '../../version.ts'
import type { Work } from '../../work/work.ts'

/** Parts of the daemon that have figures. */
export interface FigureNeeds {
  readonly meters: Meters
  readonly clock: Pick<Clock, 'now'>
  readonly work: Pick<Work, 'list' | 'heldGrants' | 'draining'>
  readonly engine: Pick<Engine, 'loaded' | 'slots'>
  readonly conductor: Pick<ConductorHandle, 'agent' | 'status' | 'guard' | 'gossip'>
  readonly artifacts: Pick<Artifacts, 'ls'>
  readonly sharing: Pick<ShareWatch, 'why'>
  peers(): readonly Peer[]
  ownState(): OwnState
  epoch(): {
    readonly epoch: number
    readonly room: { readonly actions: number; readonly reserved: number; readonly max: number }
  }
}

const SECOND_MS = 1_000

/**
 * Returns all metrics as text, with figures of this moment. A part that gives no figure within `metric_scrape_ms` has no
 * samples in this text.
 */
export async function metricsText(needs: FigureNeeds, signal: AbortSignal): Promise<string> {
  readHere(needs)
  readPeers(needs)
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(limits.metric_scrape_ms)])
  await Promise.all([readGossip(needs, bounded), readArtifacts(needs, bounded)])
  readProcess(needs)
  return needs.meters.text()
}

function readHere({ meters: { set }, work, engine, conductor, sharing, epoch }: FigureNeeds): void {
  const open = work.list()
  for (const state of metrics.ripple_tasks_open.labels.state)
    set('ripple_tasks_open', { state }, open.filter((task) => task.state === state).length)
  set('ripple_grants_held', {}, work.heldGrants())
  const loaded = engine.loaded()
  const sum = (of: (one: (typeof loaded)[number]) => number) => loaded.reduce((all, one) => all + of(one), 0)
  set(
    'ripple_engine_runs',
    {},
    sum(({ running }) => running),
  )
  set('ripple_engine_places', {}, engine.slots)
  set('ripple_models_loaded', {}, loaded.length)
  set(
    'ripple_models_loaded_bytes',
    {},
    sum(({ bytes }) => bytes),
  )
  const is = conductor.status().state
  for (const state of metrics.ripple_conductor_state.labels.state)
    set('ripple_conductor_state', { state }, Number(state === is))
  set('ripple_writes_open', {}, Number(conductor.guard.refusal() === null && !conductor.guard.checking()))
  const { epoch: number, room } = epoch()
  set('ripple_epoch', {}, number)
  set('ripple_chain_actions', {}, room.actions)
  set('ripple_chain_actions_reserved', {}, room.reserved)
  set('ripple_chain_actions_max', {}, room.max)
  set('ripple_draining', {}, Number(work.draining()))
  set('ripple_sharing_paused', {}, Number(sharing.why() !== null))
}

function readPeers({ meters: { set }, clock, conductor, peers, ownState }: FigureNeeds): void {
  const now = clock.now()
  const others = peers().filter(({ agent }) => agent !== conductor.agent)
  const states = others.map((peer) => stateNow(peer, now))
  for (const state of metrics.ripple_peers.labels.state)
    set('ripple_peers', { state }, states.filter((one) => one === state).length)
  set('ripple_peers_waiting', {}, others.filter(({ waiting }) => waiting).length)
  const own = ownState().state
  for (const state of metrics.ripple_network_state.labels.state)
    set('ripple_network_state', { state }, Number(state === own))
}

async function readGossip({ meters: { set }, clock, conductor }: FigureNeeds, signal: AbortSignal) {
  const gossip = await orAborted(conductor.gossip(), signal).catch(() => null)
  const { rounds = null, errors = null, lastAt = null } = gossip ?? {}
  set('ripple_dht_comparisons', { result: 'ok' }, rounds)
  set('ripple_dht_comparisons', { result: 'failed' }, errors)
  set('ripple_dht_lag_seconds', {}, lastAt === null ? null : Math.max(0, clock.now() - lastAt) / SECOND_MS)
}

async function readArtifacts({ meters: { set }, artifacts }: FigureNeeds, signal: AbortSignal) {
  const pinned = await orAborted(artifacts.ls(signal), signal).catch(() => null)
  set('ripple_ipfs_pinned', {}, pinned?.length ?? null)
  set('ripple_ipfs_pinned_bytes', {}, pinned?.reduce((all, { bytes }) => all + bytes, 0) ?? null)
}

function readProcess({ meters: { set } }: FigureNeeds): void {
  const { user, system } = process.cpuUsage()
  set('ripple_info', { version }, 1)
  set('process_cpu_seconds_total', {}, (user + system) / 1_000_000)
  set('process_resident_memory_bytes', {}, process.memoryUsage.rss())
  // The clock counts sleep and `uptime` does not, so their difference would move with each sleep.
  set('process_start_time_seconds', {}, performance.timeOrigin / SECOND_MS)
}
