/** Builds the status of a running daemon. */
import type { Artifacts } from '../../artifacts/port.ts'
import type { Config } from '../../config/config.ts'
import { epochBegin } from '../../config/epoch.ts'
import type { DataPaths } from '../../config/paths.ts'
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import type { Engine } from '../../engine/port.ts'
import type { OpenInference } from '../../inference/open-inference.ts'
import type { CacheFigures } from '../../inference/prompt-cache.ts'
import { limits } from '../../limits.ts'
import type { AddressBook } from '../../net/address-book.ts'
import type { PeerNode } from '../../net/libp2p.ts'
import type { StatusView } from '../../operations/context.ts'
import { isOnline } from '../../peers/presence.ts'
import type { ShareWatch } from '../../share/watch.ts'
import type { Clock } from '../../types/clock.ts'
import type { Peer } from '../../types/peer.ts'
import { version } from '../../version.ts'
import type { Work } from '../../work/work.ts'
import { chainCapacityView } from '../chain/chain-capacity-view.ts'
import { findOwnState } from '../peers/find-own-state.ts'
import type { Joined } from '../peers/join-network.ts'
import type { LanRendezvous } from '../peers/lan-rendezvous.ts'
import type { Registry } from './open-registry.ts'

/** The addresses of a daemon's API, and of Ollama's API, which is null if that is off. */
export interface ApiUrls {
  readonly url: string
  readonly ollama: string | null
}

/** Parts of the daemon that the status describes. */
export interface StatusNeeds {
  readonly config: Config
  readonly paths: DataPaths
  readonly conductor: ConductorHandle
  readonly joined: Joined
  readonly node: Pick<PeerNode, 'addresses'>
  readonly rendezvous: Pick<LanRendezvous, 'serverPlace'> | null
  readonly book: Pick<AddressBook, 'agentOf'>
  readonly engine: Engine
  readonly artifacts: Artifacts
  readonly work: Work
  readonly sharing: Pick<ShareWatch, 'why'>
  readonly clock: Clock
  readonly registry: Pick<Registry, 'presence'>
  readonly inference: Pick<OpenInference, 'cacheFigures'>
  /** The addresses at which the API listens. */
  urls(): ApiUrls
  peers(): readonly Peer[]
}

/** Returns the daemon's current status. */
export async function statusOf(needs: StatusNeeds, signal: AbortSignal): Promise<StatusView> {
  const { config, paths, conductor, joined, engine, artifacts, work } = needs
  const now = needs.clock.now()
  const tasks = await work.newest(limits.past_listed)
  const others = needs.peers().filter((peer) => peer.agent !== conductor.agent)
  return {
    version,
    pid: process.pid,
    data: config.data,
    name: config.name,
    agent: conductor.agent,
    network: {
      name: joined.network.name,
      dna: conductor.dht.dnaHash,
      local: joined.network.localName,
      bootstrap_url: joined.bootstrapUrl,
      server: serverOf(needs),
      address: needs.node.addresses()[0] ?? null,
      join: joined.join,
    },
    api: { ...needs.urls(), token_file: paths.apiToken, key_file: paths.openaiKey },
    conductor: { ...conductor.status() },
    engine: { build: engine.build, backend_class: engine.backendClass },
    writes: writesOf(conductor),
    artifacts: {
      kind: config.artifacts.kubo_url === null ? 'helia' : `kubo at ${config.artifacts.kubo_url}`,
      pinned: (await artifacts.ls(signal)).length,
    },
    epoch: epochOf(needs),
    peers: {
      known: others.length,
      online: others.filter((peer) => isOnline(peer, now)).length,
      waiting: others.filter(({ waiting }) => waiting).length,
    },
    presence: findOwnState({ ...needs, presence: needs.registry.presence }),
    models: engine.models().map((model) => model.name),
    tasks: Object.fromEntries(
      Object.entries(Object.groupBy(tasks, ({ state }) => state)).map(([state, list]) => [
        state,
        list.length,
      ]),
    ),
    held_grants: work.heldGrants(),
    draining: work.draining(),
    paused: needs.sharing.why(),
    prompt_cache: config.inference.cache ? cacheView(needs.inference.cacheFigures()) : null,
    log: paths.log,
    uptime_ms: Math.round(process.uptime() * 1_000),
  }
}

/** Returns the figures of the prompt cache with its hit rate. */
export function cacheView({ entries, hits, misses }: CacheFigures): StatusView['prompt_cache'] {
  const looked = hits + misses
  return { entries, hits, misses, hit_rate: looked === 0 ? null : hits / looked }
}

/** Names what serves the network: a URL, this machine, or another by its name or its peer id. */
function serverOf({ joined, rendezvous, book, peers }: StatusNeeds): string | null {
  const place = rendezvous?.serverPlace()
  if (place === undefined) return joined.bootstrapUrl
  if (place.at !== 'peer') return place.at === 'here' ? 'this machine' : null
  const agent = book.agentOf(place.peer)
  const card = peers().find((peer) => peer.agent === agent)?.card
  return card?.agent_name ?? place.peer
}

function writesOf({ guard }: ConductorHandle): StatusView['writes'] {
  const refusal = guard.refusal()
  if (refusal) return { state: 'refused', code: refusal.code, why: `${refusal.message}: ${refusal.hint}` }
  return { state: guard.checking() ? 'checking' : 'open', code: null, why: null }
}

/** Returns the epoch that new tasks go to. It is the one before if the current one could not be opened. */
export function epochOf({
  conductor,
  joined,
  work,
}: Pick<StatusNeeds, 'conductor' | 'joined' | 'work'>): StatusView['epoch'] {
  const { dnaHash } = conductor.dht
  const epoch = conductor.epochs.list.find(({ dht }) => dht.dnaHash === dnaHash)?.epoch ?? 0
  const ends_at = epochBegin(epoch + 1, joined.network.epoch)
  return { epoch, ends_at, room: chainCapacityView(work.room(dnaHash)) }
}
