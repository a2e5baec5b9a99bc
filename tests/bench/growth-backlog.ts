import { readFileSync } from 'node:fs'
import type { Say } from './bench.ts'
import { compare, inTurns, round } from './compare.ts'
import { post, rawTask } from './entries.ts'
import { exponent, fitLine, lastToFirst, slope, steps } from './fit.ts'
import { curve, type Posts, postsBeside, postsGrowth } from './growth-posts.ts'
import type { Member } from './mesh.ts'
import { openPair, type Pair } from './pair.ts'
import type { RawAgent } from './raw-agent.ts'
import { rawClaim } from './raw-flow.ts'

/** A measurement with a number of open tasks, in milliseconds. */
interface Backlog {
  readonly at: number
  readonly posts: Posts
  readonly claims: Posts
}

/**
 * Posts and claims while more and more tasks are open that no machine can run, and the daemon's memory. Each open task is
 * also an action on the chain, for the daemon as for the raw agent: what the backlog costs is what the daemon adds.
 */
export async function measureBacklog({ to, n }: { to: number; n: number }, say: Say): Promise<object> {
  await using pair = await openPair()
  const { poster } = pair
  const raw = pair.raw.poster
  const points: Backlog[] = []
  const memory: (readonly [open: number, kib: number])[] = []
  let open = 0
  for (const at of steps(to, curve.span, curve.points)) {
    await openMore(Math.max(0, at - open - n), poster, raw)
    const posts = await postsBeside(n, poster, raw, { withdrawn: false })
    open = Math.max(at, open + n)
    const claims = await claimsBeside(Math.ceil(n / 2), pair)
    const kib = residentKib(poster.pid)
    say(`${open} open, ${Math.round(kib / 1_024)} MiB`)
    points.push({ at: open, posts, claims })
    memory.push([open, kib])
  }
  return {
    posts: postsGrowth(points),
    claims: claimsGrowth(points),
    daemon_memory: {
      mib: memory.map(([at, kib]) => ({ open: at, mib: Math.round(kib / 1_024) })),
      kib_per_open_task: round(fitLine(memory).slope),
    },
    chain_length: await pair.lengths(),
  }
}

async function openMore(tasks: number, poster: Member, raw: RawAgent): Promise<void> {
  const ours = async () => {
    for (let i = 0; i < tasks; i += 1) await post(poster)
  }
  const beside = async () => {
    for (let i = 0; i < tasks; i += 1) await raw.commit(rawTask(raw.dnaHash))
  }
  await Promise.all([ours(), beside()])
}

/** Measures a number of tasks that the worker takes and runs, in turns with a remote call and a write for each. */
async function claimsBeside(n: number, { flow, raw }: Pair): Promise<Posts> {
  const claims: Posts = { ours: [], raw: [] }
  await inTurns(
    n,
    async () => void claims.ours.push((await flow()).claim),
    async () => void claims.raw.push(await rawClaim(raw.poster, raw.worker)),
  )
  return claims
}

function claimsGrowth(points: readonly Backlog[]): object {
  const ours = points.map(({ at, claims }) => ({ at, sample: claims.ours }))
  return {
    points: points.map(({ at, claims }) => ({ at, ...compare(claims.ours, claims.raw) })),
    last_to_first: lastToFirst(ours),
    slope_ms: slope(ours),
    exponent: exponent(ours),
  }
}

/** Memory of one process that is in RAM. */
function residentKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
}
