import { compare, inTurns, timed } from './compare.ts'
import { rawTask, stuck, withdraw } from './entries.ts'
import { openMesh } from './mesh.ts'

type Sample = 'ours' | 'raw' | 'cancelled' | 'closed'

/** Measures posts and raw writes of a Task in turns, in one conductor, on chains of the same length. */
export async function measure({ n, payload }: { n: number; payload: number }): Promise<object> {
  await using mesh = await openMesh(0)
  const { poster } = mesh
  await using raw = await poster.raw()
  const samples = { ours: [], raw: [], cancelled: [], closed: [] } as Record<Sample, number[]>
  const api = async () => {
    const wish = stuck(payload)
    samples.ours.push((await timed(() => poster.call('task.post', wish)))[0])
    samples.cancelled.push((await timed(() => poster.call('task.cancel', { id: wish.key })))[0])
  }
  const straight = async () => {
    const [ms, about] = await timed(() => raw.commit(rawTask(raw.dnaHash)))
    samples.raw.push(ms)
    samples.closed.push((await timed(() => withdraw(raw, about)))[0])
  }
  await api()
  await straight()
  for (const sample of Object.values(samples)) sample.length = 0
  const from = await poster.chainLength()
  await inTurns(n, api, straight)
  return {
    post_ms: compare(samples.ours, samples.raw),
    cancel_ms: compare(samples.cancelled, samples.closed),
    chain_length: { from, to: await poster.chainLength(), raw: await raw.chainLength() },
  }
}
