import { readFileSync } from 'node:fs'
import type { Say } from './bench.ts'
import { round } from './compare.ts'
import { post, rawTask } from './entries.ts'
import { fitLine, steps } from './fit.ts'
import { curve, type Posts, postsBeside, postsGrowth } from './growth-posts.ts'
import { type Member, openMesh } from './mesh.ts'
import type { RawAgent } from './raw-agent.ts'

/**
 * Posts while more and more tasks are open that no machine can run, and the daemon's memory. Each open task is also an
 * action on the chain, for the daemon as for the raw agent: what the backlog costs is what the daemon adds.
 */
export async function measureBacklog({ to, n }: { to: number; n: number }, say: Say): Promise<object> {
  await using mesh = await openMesh(0)
  const { poster } = mesh
  await using raw = await poster.raw()
  const points: { at: number; posts: Posts }[] = []
  const memory: (readonly [open: number, kib: number])[] = []
  let open = 0
  for (const at of steps(to, curve.span, curve.points)) {
    await openMore(Math.max(0, at - open - n), poster, raw)
    const posts = await postsBeside(n, poster, raw, { withdrawn: false })
    open = Math.max(at, open + n)
    const kib = residentKib(poster.pid)
    say(`${open} open, ${Math.round(kib / 1_024)} MiB`)
    points.push({ at: open, posts })
    memory.push([open, kib])
  }
  return {
    ...postsGrowth(points),
    daemon_memory: {
      mib: memory.map(([at, kib]) => ({ open: at, mib: Math.round(kib / 1_024) })),
      kib_per_open_task: round(fitLine(memory).slope),
    },
    chain_length: { poster: await poster.chainLength(), raw: await raw.chainLength() },
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

/** Memory of one process that is in RAM. */
function residentKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
}
