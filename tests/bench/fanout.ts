import { setTimeout as sleep } from 'node:timers/promises'
import { testModel } from '../harness/model.ts'
import type { Say } from './bench.ts'
import { compare } from './compare.ts'
import { type BenchMesh, openMesh } from './mesh.ts'

/** The pause after an answer, in milliseconds, in which its receipts and publishing end before the next request. */
const SETTLE_MS = 3_000

/** The options of this bench. */
export interface FanoutValues {
  readonly n: number
  readonly workers: number
  readonly tokens: number
}

/**
 * Measures a question to several models on different machines through the API. Its whole time is compared with that
 * of its slowest member, from the request until the accepted answer, and with one member's alone.
 */
export async function measure({ n, workers, tokens }: FanoutValues, say: Say): Promise<object> {
  await testModel()
  await using mesh = await openMesh(workers)
  const rounds: Round[] = []
  const alone: number[] = []
  await ask(mesh, tokens, 'warm')
  for (let turn = 0; turn < n; turn += 1) {
    await sleep(SETTLE_MS)
    rounds.push(await ask(mesh, tokens, `${turn}`))
    await sleep(SETTLE_MS)
    alone.push(await askOne(mesh, tokens, `alone ${turn}`))
    say(`${turn + 1} of ${n} rounds`)
  }
  const walls = rounds.map(({ wall }) => wall)
  return {
    members: rounds[0]?.members ?? 0,
    workers,
    tokens,
    wall_beside_slowest_member_ms: compare(
      walls,
      rounds.map(({ slowest }) => slowest),
    ),
    wall_beside_one_alone_ms: compare(walls, alone),
  }
}

interface Round {
  /** From the request to its answer, in milliseconds. */
  readonly wall: number
  /** The longest that one of its members took, in milliseconds. */
  readonly slowest: number
  readonly members: number
}

async function ask({ poster }: BenchMesh, max_tokens: number, name: string): Promise<Round> {
  const from = performance.now()
  const { model_votes: votes } = await poster.call<{ model_votes: { latency_ms: number }[] }>(
    'inference.moe_query',
    { prompt: promptOf(name), task_type: 'general', require_consensus: false, max_tokens },
  )
  const wall = performance.now() - from
  return { wall, slowest: Math.max(...votes.map(({ latency_ms }) => latency_ms)), members: votes.length }
}

async function askOne({ poster }: BenchMesh, max_tokens: number, name: string): Promise<number> {
  const from = performance.now()
  await poster.call('inference.single_query', { prompt: promptOf(name), max_tokens })
  return performance.now() - from
}

/** No question twice: the prompt cache would have the answer. */
function promptOf(name: string): string {
  return `Question ${name}: is water wet?`
}
