import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'
import { openLlamaEngine } from '../../host/engine/llama.ts'
import { openSet, shippedSet } from '../../host/ensemble/ensemble.ts'
import type { EvalSet } from '../../host/ensemble/measure/eval-set.ts'
import { evaluate } from '../../host/ensemble/measure/evaluate.ts'
import { loadPolicies } from '../../host/ensemble/members/load-policy.ts'
import { ModelStore } from '../../host/models/store.ts'
import type { Comparison, Cost, Score, ScoreCard } from '../../host/types/score-card.ts'
import { taskTypes } from '../../host/types/task-type.ts'
import { systemClock } from '../../host/work/context/clock.ts'
import { enginePeers } from '../harness/engine-inference.ts'
import { testModel } from '../harness/model.ts'
import type { Say } from './bench.ts'
import { round } from './compare.ts'

/** The options of this bench. */
export interface EnsembleValues {
  readonly n: number
  readonly engines: number
  readonly models: number
  readonly seed: number
}

/**
 * Measures accuracy, tokens and time of ensembles of 1, 3 and 5 members, and of all models together if there are
 * several. Each is compared with the best single member, with one answer and with as many tokens. Real models run in
 * as many engine processes as requested, which stand for peers; there is no mesh between them. A ratio of accuracy
 * below 1 means that the ensemble is worse.
 */
export async function measure({ n, engines, models, seed }: EnsembleValues, say: Say): Promise<object> {
  const signal = new AbortController().signal
  await testModel()
  using store = await ModelStore.open(join(userPaths(readEnv(), process.platform).cache, 'models'))
  await store.index.settled(signal)
  // The set's prompts are continued as they are.
  const files = store
    .present()
    .slice(0, models)
    .map((file) => ({ ...file, chat_template: 'none' as const }))
  await using stack = new AsyncDisposableStack()
  const open = Array.from({ length: engines }, async () =>
    stack.use(await openLlamaEngine({ models: () => files }, signal)),
  )
  const { inference, peers } = enginePeers(await Promise.all(open))
  const folder = await mkdtemp(join(tmpdir(), 'ripple-bench-ensemble-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const set = someOf(await openSet(shippedSet), n)
  const { main: policy } = loadPolicies()
  const canChat = () => true
  const { now, sleep } = systemClock
  const needs = { agent: 'uhCAk', inference, peers: () => peers, canChat, folder, now, sleep }
  const sizes = [...new Set([1, ...(files.length > 1 ? [files.length] : []), 3, 5])].sort((a, b) => a - b)
  const found: object[] = []
  for (const members of sizes) {
    say(`k = ${members}`)
    found.push(rowOf(members, await evaluate(needs, { set, policy, members, seed, say }, signal)))
  }
  return { models: files.map(({ name }) => name), engines, items: set.items.length, seed, ensembles: found }
}

/** Takes a number of items evenly over the set; 0 for all. */
function someOf(set: EvalSet, n: number): EvalSet {
  const { length } = set.items
  if (n === 0 || n >= length) return set
  const items = Array.from({ length: n }, (_none, at) => set.items[Math.floor((at * length) / n)])
  return { ...set, items: items.filter((item) => item !== undefined) }
}

function rowOf(k: number, card: ScoreCard): object {
  const types = taskTypes.flatMap((type) => {
    const score = card.scores[type]
    return score === undefined ? [] : [[type, { best: score.best_member.model, ...scoreOf(score) }] as const]
  })
  const { mode, equal_tokens_by } = card
  return { k, mode, equal_tokens_by, all: scoreOf(card.overall), ...Object.fromEntries(types) }
}

function scoreOf({ items, ensemble, one_answer, equal_tokens }: Score): object {
  const beside = ({ accuracy, wins, ties, losses, difference, difference_95, cost }: Comparison): object => ({
    accuracy,
    accuracy_ratio: ratio(ensemble.accuracy, accuracy),
    tokens_ratio: ratio(tokens(ensemble.cost), tokens(cost)),
    wall_ratio: ratio(ensemble.cost.seconds, cost.seconds),
    ...{ wins, ties, losses, difference, difference_95 },
  })
  return {
    items,
    accuracy: ensemble.accuracy,
    no_consensus: ensemble.no_consensus,
    tokens: tokens(ensemble.cost),
    wall_s: ensemble.cost.seconds,
    beside_one_answer: beside(one_answer),
    beside_equal_tokens: beside(equal_tokens),
  }
}

function tokens({ tokens_in, tokens_out }: Cost): number {
  return tokens_in + tokens_out
}

/** Null where there is nothing to compare with. */
function ratio(one: number, other: number): number | null {
  return other === 0 ? null : round(one / other)
}
