/** Reports machines that come and go, and models that are loaded and unloaded. */
import type { LoadedModel } from '../../engine/port.ts'
import type { ModelStore } from '../../models/store.ts'
import { isOnline, type PresenceBoard } from '../../peers/presence.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Clock } from '../../types/clock.ts'
import type { AgentKey } from '../../types/events.ts'

/** Reports each other machine that comes online, and each that goes. Own beats notify it of silent machines. */
export function reportPeers(
  presence: Pick<PresenceBoard, 'onPeers'>,
  self: AgentKey,
  clock: Pick<Clock, 'now'>,
  emit: Emit,
): () => void {
  const compare = comparing<string>(
    (agent, name) => emit({ type: 'peer_seen', agent, name }),
    (agent, name) => emit({ type: 'peer_gone', agent, name }),
  )
  return presence.onPeers((peers) => {
    const online = peers.filter((peer) => peer.agent !== self && isOnline(peer, clock.now()))
    compare(new Map(online.map(({ agent, card }) => [agent, card.agent_name])))
  })
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
