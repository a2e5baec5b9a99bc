/** Opens the models of a running daemon and shares them with peers. */
import { memoryForModel } from '../../engine/memory-budget.ts'
import { availableMemory } from '../../hardware/memory.ts'
import { modelPeers } from '../../models/sources/peers.ts'
import { shareModels } from '../../models/sources/sharing.ts'
import type { Models } from '../../operations/context.ts'
import { isOnline } from '../../peers/presence.ts'
import { systemClock } from '../../work/context/clock.ts'
import { keepModelCard } from '../models/model-memory.ts'
import { modelsOf } from '../models/model-store.ts'
import { lastMeasured } from '../models/speed-note.ts'
import type { Parts } from './parts.ts'

/** Opens the daemon's models. From now on peers can fetch them, and this machine fetches from peers first. */
export function openModels(parts: Parts, stack: AsyncDisposableStack): Models {
  const { models: store, engine, artifacts, messages, registry, conductor, config, journal, emit } = parts
  const { modelMemory } = parts
  const dir = store.dir
  const enabled = config.share.models
  const sharing = stack.use(
    shareModels({ dir, models: store.present, exchange: artifacts, messages, emit, enabled }),
  )
  // The update reads each new model once; nothing waits for it.
  void sharing.update()
  stack.defer(store.index.onChange(() => void sharing.update()))
  const others = () =>
    registry.presence
      .peers()
      .filter((peer) => peer.agent !== conductor.agent && isOnline(peer, systemClock.now()))
  const publish = async (signal: AbortSignal): Promise<void> => {
    await registry.publish(signal)
    registry.presence.beatNow()
  }
  const hasGpu = () => engine.gpu !== null
  stack.use(keepModelCard({ modelMemory, hasGpu, models: store, publish, clock: systemClock, emit }))
  const ending = new AbortController()
  stack.defer(() => ending.abort())
  return modelsOf({
    store,
    engine,
    peers: modelPeers({ exchange: artifacts, messages, clock: systemClock, others }),
    emit,
    freeMemory: async () => memoryForModel(engine, await availableMemory()),
    measured: () => lastMeasured(journal),
    signal: ending.signal,
  })
}
