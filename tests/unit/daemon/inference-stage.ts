import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { dataPaths } from '../../../host/config/paths.ts'
import { composeInference } from '../../../host/daemon/compose-inference.ts'
import { openDaemonEnsemble } from '../../../host/daemon/open-ensemble.ts'
import type { Parts } from '../../../host/daemon/parts.ts'
import type { Receipts } from '../../../host/daemon/receipts.ts'
import { deterministicEngine } from '../../../host/engine/deterministic.ts'
import type { RunJob } from '../../../host/engine/port.ts'
import type { Ensemble } from '../../../host/ensemble/ensemble.ts'
import { eventHub } from '../../../host/telemetry/events.ts'
import { silentLog } from '../../../host/telemetry/log.ts'
import type { Ask } from '../../../host/types/answer.ts'
import { orAborted } from '../../../host/types/or-aborted.ts'
import { systemClock, systemRandom } from '../../../host/work/clock.ts'
import { standInGate } from '../../harness/sim/gate.ts'
import { agent, digest, peer } from '../ensemble/stand-in.ts'

/** The machine that asks, and the only one there is. */
export const self = agent('z')

/** The model that it has. */
export const file = { name: 'sim', sha256: digest('6'), path: '', bytes: 1, context_tokens: 2_048 }

/**
 * Plane and ensemble of a daemon as it composes them, which posts nothing: the engine is a stand-in without a model, as are the
 * provider and the policies, and everything between them is the real one. `hold` keeps the engine from answering until it is
 * called.
 */
export async function openPlaneWithEnsemble({ hold = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ripple-plane-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const paths = dataPaths(folder)
  const released = Promise.withResolvers<void>()
  if (!hold) released.resolve()
  const sleep = (_ms: number, signal: AbortSignal) => orAborted(released.promise, signal)
  const clock = { now: systemClock.now, sleep }
  const engine = deterministicEngine({ models: [file], clock, tokenMs: () => 1, tokens_max: 4 })
  const ran: RunJob[] = []
  const run = engine.run.bind(engine)
  const recorded: typeof engine = {
    ...engine,
    run: (job, signal) => {
      ran.push(job)
      return run(job, signal)
    },
  }
  const gate = standInGate(clock, 'seed')
  const online = () => [{ ...peer('z'), seenAt: systemClock.now() }]
  const parts = {
    conductor: { agent: self },
    models: { present: () => [{ ...file, chat_template: 'own' }] },
    engine: recorded,
    work: { heldGrants: () => 0 },
    registry: { presence: { peers: online }, loaded: { of: () => [] } },
    config: { inference: { post: false, cache: false }, model: null },
    upstreams: { names: () => [] },
    gate,
  } as unknown as Parts
  const beyond: Ask[] = []
  const inference = composeInference(parts, {} as Receipts, () => ensemble)
  const ensemble: Ensemble = await openDaemonEnsemble({
    agent: self,
    paths,
    inference,
    gate,
    models: parts.models,
    cloud: {
      providers: () => ['codex'],
      ask: async (_provider, ask) => {
        beyond.push(ask)
        return { text: 'Rome', model: 'codex', usage: { tokens_in: 1, tokens_out: 1 } }
      },
    },
    network: 'testnet',
    peers: online,
    clock,
    random: systemRandom,
    hub: eventHub(silentLog, systemClock.now),
    log: silentLog,
  })
  return { inference, ensemble, paths, ran, beyond, release: () => released.resolve() }
}
