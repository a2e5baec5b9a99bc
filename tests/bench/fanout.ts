import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskView } from '../../host/operations/context.ts'
import { testModel } from '../harness/model.ts'
import type { Say } from './bench.ts'
import { compare } from './compare.ts'
import { type BenchMesh, openMesh } from './mesh.ts'

/** What comes after an answer (receipts, publishing) is let end before the next one is asked for, in milliseconds. */
const SETTLE_MS = 3_000

/** What this bench can be told. */
export interface FanoutValues {
  readonly n: number
  readonly workers: number
  readonly tokens: number
}

/**
 * A question to several models on different machines, through the API: its whole time beside that of its slowest member, which
 * is the longest time from a member's Task to its Close by the poster's own record of tasks, and beside one member's alone.
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
  /** The longest time from a member's Task to its Close, in milliseconds. */
  readonly slowest: number
  readonly members: number
}

async function ask(mesh: BenchMesh, max_tokens: number, name: string): Promise<Round> {
  const known = new Set((await tasksOf(mesh)).map(({ id }) => id))
  const from = performance.now()
  await mesh.poster.call('inference.moe_query', {
    prompt: `Question ${name}: is water wet?`,
    task_type: 'general',
    require_consensus: false,
    max_tokens,
  })
  const wall = performance.now() - from
  const members = (await tasksOf(mesh)).filter(({ id }) => !known.has(id))
  const times = members.map(({ times }) => (times.closed_at ?? Number.NaN) - times.posted_at)
  return { wall, slowest: Math.max(...times), members: members.length }
}

async function askOne(mesh: BenchMesh, max_tokens: number, name: string): Promise<number> {
  const from = performance.now()
  await mesh.poster.call('inference.single_query', { prompt: `Question ${name}: is water wet?`, max_tokens })
  return performance.now() - from
}

async function tasksOf({ poster }: BenchMesh): Promise<readonly TaskView[]> {
  return (await poster.call<{ tasks: TaskView[] }>('task.list', {})).tasks
}
