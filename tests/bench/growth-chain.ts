import type { Say } from './bench.ts'
import { fill } from './entries.ts'
import { steps } from './fit.ts'
import { curve, type Posts, postsBeside, postsGrowth } from './growth-posts.ts'
import { openMesh } from './mesh.ts'

/** Measures posts on growing chains: those of the daemon and of the raw agent together. */
export async function measureChain({ to, n }: { to: number; n: number }, say: Say): Promise<object> {
  await using mesh = await openMesh(0)
  await using raw = await mesh.poster.raw()
  const points: { at: number; posts: Posts }[] = []
  await postsBeside(2, mesh.poster, raw, { withdrawn: true })
  for (const at of steps(to, curve.span, curve.points)) {
    // A task that is posted and cancelled is three actions: Task, Close, and the link to the Close.
    const room = at - (await raw.chainLength()) - (3 * n) / 2
    await fill(Math.max(0, Math.round(room / 3)), mesh.poster, raw)
    const posts = await postsBeside(n, mesh.poster, raw, { withdrawn: true })
    const length = await raw.chainLength()
    say(`${length} own actions of the raw agent, ${await mesh.poster.chainLength()} of the daemon's`)
    points.push({ at: length, posts })
  }
  return postsGrowth(points)
}
