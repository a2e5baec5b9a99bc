import { compare, inTurns, timed } from './compare.ts'
import { rawTask, stuck, withdraw } from './entries.ts'
import { exponent, type Point, slope, slopeRatio } from './fit.ts'
import type { Member } from './mesh.ts'
import type { RawAgent } from './raw-agent.ts'

/** Points of a growth curve, and from the first to the last by how much. */
export const curve = { points: 6, span: 32 }

/** Times of posts at one point, in milliseconds. */
export interface Posts {
  readonly ours: number[]
  readonly raw: number[]
}

/**
 * Measures posts and raw writes of a Task in turns; with withdrawn tasks, both chains grow by three actions for each.
 */
export async function postsBeside(
  n: number,
  poster: Member,
  raw: RawAgent,
  { withdrawn }: { readonly withdrawn: boolean },
): Promise<Posts> {
  const posts: Posts = { ours: [], raw: [] }
  await inTurns(
    n,
    async () => {
      const wish = stuck()
      posts.ours.push((await timed(() => poster.call('task.post', wish)))[0])
      if (withdrawn) await poster.call('task.cancel', { id: wish.key })
    },
    async () => {
      const [ms, about] = await timed(() => raw.commit(rawTask(raw.dnaHash)))
      posts.raw.push(ms)
      if (withdrawn) await withdraw(raw, about)
    },
  )
  return posts
}

/** Returns the growth of the posts and of the raw writes, and the time that the daemon adds. */
export function postsGrowth(points: readonly { readonly at: number; readonly posts: Posts }[]): object {
  const of = (pick: (posts: Posts) => readonly number[]): Point[] =>
    points.map(({ at, posts }) => ({ at, sample: pick(posts) }))
  const [ours, raw] = [of((posts) => posts.ours), of((posts) => posts.raw)]
  // Each post with its raw write.
  const added = of((posts) => posts.ours.map((ms, index) => ms - (posts.raw[index] ?? 0)))
  return {
    points: points.map(({ at, posts }) => ({ at, ...compare(posts.ours, posts.raw) })),
    slope_ms: { ours: slope(ours), raw: slope(raw), added: slope(added), ratio: slopeRatio(ours, raw) },
    exponent: { ours: exponent(ours), raw: exponent(raw) },
  }
}
