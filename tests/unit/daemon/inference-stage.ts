import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { dataPaths } from '../../../host/config/paths.ts'
import { policySection } from '../../../host/config/policy.ts'
import { composeInference } from '../../../host/daemon/compose/compose-inference.ts'
import { openDaemonEnsemble } from '../../../host/daemon/compose/open-ensemble.ts'
import type { Parts } from '../../../host/daemon/compose/parts.ts'
import type { RunJob } from '../../../host/engine/port.ts'
import { CardStore } from '../../../host/ensemble/cards/card-store.ts'
import { peerSigner } from '../../../host/ensemble/cards/sign-card.ts'
import type { Ensemble } from '../../../host/ensemble/ensemble.ts'
import { equalTokensBy } from '../../../host/ensemble/measure/baseline.ts'
import { scoreOf } from '../../../host/ensemble/measure/tally.ts'
import { loadPolicies } from '../../../host/ensemble/members/load-policy.ts'
import { chooseMembers } from '../../../host/ensemble/members/members.ts'
import { policyDigest } from '../../../host/ensemble/members/policy.ts'
import { lineupOf } from '../../../host/ensemble/members/types.ts'
import { limits } from '../../../host/limits.ts'
import { openPeerKey } from '../../../host/net/peer-key.ts'
import type { Ask } from '../../../host/types/answer.ts'
import { orAborted } from '../../../host/types/or-aborted.ts'
import { CARD_LIFE_MS, CARD_VERSION } from '../../../host/types/score-card.ts'
import type { TaskType } from '../../../host/types/task-type.ts'
import { systemClock, systemRandom } from '../../../host/work/context/clock.ts'
import { deterministicEngine } from '../../harness/doubles/deterministic-engine.ts'
import { standInGate } from '../../harness/sim/gate.ts'
import { agent, cloudProvider, digest, model, peer, saidTo } from '../ensemble/stand-in.ts'

/** The parts of `openStage`. */
type Stage = Awaited<ReturnType<typeof openStage>>

/** The machine that asks, and the only one there is. */
export const self = agent('z')

/** The model that it has. */
export const file = { name: 'sim', sha256: digest('6'), path: '', bytes: 1, context_tokens: 2_048 }

/**
 * Plane and ensemble of a daemon as it composes them, which posts nothing: the engine is a stand-in without a model, as are the
 * provider and the policies, and everything between them is the real one. `hold` keeps the engine from answering until it is
 * called.
 */
export async function openStage({ hold = false, files = [file] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ripple-plane-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const paths = dataPaths(folder)
  const released = Promise.withResolvers<void>()
  if (!hold) released.resolve()
  const sleep = (_ms: number, signal: AbortSignal) => orAborted(released.promise, signal)
  const clock = { now: systemClock.now, sleep }
  const engine = deterministicEngine({ models: files, clock, tokenMs: () => 1, tokens_max: 4 })
  const ran: RunJob[] = []
  const run = engine.run.bind(engine)
  const recorded: typeof engine = {
    ...engine,
    run: async (job, signal) => {
      ran.push(job)
      if (saidTo(job, '') === '') return run(job, signal)
      const outcome = await run({ ...job, onText: () => {} }, signal)
      const text = saidTo(job, outcome.text)
      job.onText(text, 1)
      return { ...outcome, text }
    },
  }
  const gate = standInGate(clock, 'seed')
  const online = () => [{ ...peer('z'), seenAt: systemClock.now() }]
  const parts = {
    conductor: { agent: self },
    models: { present: () => files.map((one) => ({ ...one, chat_template: 'own' })) },
    engine: recorded,
    work: { heldGrants: () => 0 },
    registry: { presence: { peers: online }, loaded: { of: () => [] } },
    config: { inference: { post: false, cache: false }, model: null, policy: policySection.parse({}) },
    upstreams: { names: () => [] },
    gate,
  } as unknown as Parts
  const beyond: Ask[] = []
  const answerOf = () => Promise.reject(new RangeError('no task is posted here'))
  const inference = composeInference(parts, answerOf, () => ensemble)
  const ensemble: Ensemble = await openDaemonEnsemble({
    agent: self,
    paths,
    inference,
    gate,
    models: parts.models,
    cloud: {
      providers: () => [cloudProvider('codex')],
      ask: async (_provider, ask) => {
        beyond.push(ask)
        return { text: saidTo(ask, 'Rome'), model: 'codex', usage: { tokens_in: 1, tokens_out: 1 } }
      },
    },
    network: 'testnet',
    peers: online,
    clock,
    random: systemRandom,
    emit: () => {},
  })
  return { inference, ensemble, paths, files, ran, beyond, release: () => released.resolve() }
}

/**
 * A card of this machine by which the ensemble that would be asked now wins at a kind of task, or loses to the model `sim`, signed as
 * a measurement signs it.
 */
export async function winningCard(
  type: TaskType,
  { paths, files }: Pick<Stage, 'paths' | 'files'>,
  wins = true,
): Promise<string> {
  const { main } = loadPolicies()
  const peers = [peer('z')]
  const models = files.map(({ name, sha256 }) => ({ ...model(name, '6', 'z'), digest: sha256 }))
  const membership = chooseMembers({ self, policy: main, models, peers, taskType: type, k: null, seed: 0 })
  const tried = (right: boolean) => ({ right, tokens_in: 3, tokens_out: 2, ms: 10 })
  const item = {
    ensemble: { ...tried(wins), no_consensus: false, failed_members: 0 },
    one_answer: tried(!wins),
    equal_tokens: tried(!wins),
  }
  const score = scoreOf(Array(limits.score_items_min).fill(item), 1)
  const members = lineupOf(membership).map((each) => ({ ...each }))
  const about = { best_member: { model: file.name, model_digest: file.sha256 }, form: 'auto' as const }
  const at = systemClock.now() - 1
  const signer = peerSigner(await openPeerKey(paths.peerKey), self)
  const signed = await signer.sign({
    version: CARD_VERSION,
    agent: self,
    at,
    expires_at: at + CARD_LIFE_MS,
    set: { name: 'set', digest: digest('5'), items: score.items },
    policy: { name: main.name, digest: policyDigest(main) },
    mode: membership.mode,
    seed: 1,
    equal_tokens_by: equalTokensBy(membership.mode),
    bootstrap: { seed: 1, resamples: limits.bootstrap_resamples },
    scores: { [type]: { ...score, members, ...about } },
    overall: score,
  })
  return new CardStore(join(paths.ensemble, 'cards'), signer).add(signed)
}
