/** Reports machines that come and go, and models that are loaded and unloaded. */
import type { LoadedModel } from '../../engine/port.ts'
import type { ModelStore } from '../../models/store.ts'
import { type PresenceBoard, stateNow } from '../../peers/presence.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Clock } from '../../types/clock.ts'
import type { AgentKey, Millis } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import type { PeerState } from '../../types/peer-state.ts'

/** Reports each change of another machine's state and acceptance. Own beats notify it of machines that fall silent. */
export function reportPeers(
  presence: Pick<PresenceBoard, 'onPeers'>,
  self: AgentKey,
  clock: Pick<Clock, 'now'>,
  emit: Emit,
): () => void {
  let before: ReadonlyMap<string, Seen> = new Map()
  return presence.onPeers((peers) => {
    const now = clock.now()
    const others = peers.filter(({ agent }) => agent !== self)
    const seen = new Map(others.map((peer) => [peer.agent, seenAs(peer, now)]))
    for (const [agent, { name, state, waiting }] of seen) {
      report({ agent, name }, before.get(agent)?.state, state, emit)
      if (waiting !== (before.get(agent)?.waiting ?? null))
        emit({ type: 'peer_waiting', agent, name, where: waiting })
    }
    // The card of such a machine was replaced, or many newer ones have displaced it.
    for (const [agent, { name, state }] of before)
      if (!seen.has(agent)) report({ agent, name }, state, 'left', emit)
    before = seen
  })
}

/** A machine's name and state, and where its acceptance is missing. */
interface Seen {
  readonly name: string
  readonly state: PeerState
  readonly waiting: 'here' | 'there' | null
}

function seenAs(peer: Peer, now: Millis): Seen {
  return { name: peer.card.agent_name, state: stateNow(peer, now), waiting: peer.waiting ?? null }
}

function report(
  peer: { readonly agent: AgentKey; readonly name: string },
  was: PeerState = 'left',
  is: PeerState,
  emit: Emit,
): void {
  const wasThere = was === 'online' || was === 'suspect'
  if (is === was) return
  if (is === 'online') emit({ type: 'peer_seen', ...peer })
  else if (is === 'suspect') emit({ type: 'peer_suspect', ...peer })
  else if (wasThere) emit({ type: 'peer_gone', ...peer, state: is })
}

/** Returns a function that takes the models in memory, and reports each that was loaded or unloaded since its last call. */
export function reportLoaded(
  { present }: Pick<ModelStore, 'present'>,
  emit: Emit,
): (loaded: readonly LoadedModel[]) => void {
  const compare = comparing<string>(
    (sha256, name) => emit({ type: 'model_loaded', sha256, name }),
    (sha256, name) => emit({ type: 'model_unloaded', sha256, name }),
  )
  return (loaded) => {
    const names = new Map(present().map(({ sha256, name }) => [sha256, name]))
    compare(new Map(loaded.map(({ sha256 }) => [sha256, names.get(sha256) ?? sha256])))
  }
}

/** Returns a function that compares each map with the one before it. */
function comparing<T>(
  came: (key: string, value: T) => void,
  went: (key: string, value: T) => void,
): (now: ReadonlyMap<string, T>) => void {
  let before: ReadonlyMap<string, T> = new Map()
  return (now) => {
    for (const [key, value] of now) if (!before.has(key)) came(key, value)
    for (const [key, value] of before) if (!now.has(key)) went(key, value)
    before = now
  }
}
