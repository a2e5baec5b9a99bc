import { describe, expect, test, vi } from 'vitest'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'
import { PostQueue } from '../../../../host/work/poster/post-queue.ts'
import { forever } from '../../../harness/forever.ts'
import { play, request, stage } from '../stage.ts'

/** Posts that one client sends without waiting, far more than are taken. */
const FLOOD = 20_000

/** Whether a client is told that there is no room, and when to come again. */
function isBusy({ code, facts }: RippleError): boolean {
  return code === 'RIPPLE_BUSY' && facts.retry_after_s === limits.busy_retry_after_s
}

describe('a flood of posts', () => {
  test("posts beyond the queue's bound are refused at once, and the queued ones are posted", async () => {
    const world = stage(1)
    const [daemon] = world.daemons
    if (!daemon) throw new Error('no daemon')
    const work = await play(world, daemon.up())
    const before = process.memoryUsage().heapUsed
    const taken: Promise<unknown>[] = []
    let refused = 0
    for (let i = 0; i < FLOOD; i++) {
      const asked = work.post(request({ key: `one of a flood of posts ${i}` }), forever)
      if (i < limits.posts_waiting_max) taken.push(asked)
      else await asked.catch((error) => (refused += isBusy(error) ? 1 : 0))
    }
    expect(refused).toBe(FLOOD - limits.posts_waiting_max)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(256 * 1024 * 1024)
    await play(world, Promise.all(taken.slice(0, 3)))
    expect(work.list().length).toBeGreaterThanOrEqual(3)
  })

  test('a flood leaves no more open tasks than the queue takes', async () => {
    const world = stage(1)
    const [daemon] = world.daemons
    if (!daemon) throw new Error('no daemon')
    const work = await play(world, daemon.up())
    // Nobody can run them, so they stay open; with more attempts the chain would be reserved before the queue is full.
    const requirements = { ...request().requirements, tags: ['nobody has it'] }
    const deadlines_ms = { queue: 3_600_000, run: 60_000, total: 3_600_000 }
    const post = (key: string) =>
      play(
        world,
        work.post(request({ key, requirements, deadlines_ms, max_attempts: 1, force: true }), forever),
      )
    for (let i = 0; i < limits.open_tasks_max; i++) await post(`one that stays open ${i}`)
    await expect(post('the one that is too many')).rejects.toSatisfy(isBusy)
    // A key that has its task is answered as ever.
    const { task } = await post('one that stays open 0')
    await play(world, work.cancel(task, forever))
    expect((await post('the one that is too many')).state).toBe('posted')
    expect(work.list().filter(({ state }) => state === 'posted')).toHaveLength(limits.open_tasks_max)
  })
})

describe('posts to a lost conductor', () => {
  const down = new RippleError('RIPPLE_CONDUCTOR_DOWN', { retry_after_s: limits.down_retry_after_s })
  const keyed = (what: string) => request({ key: `the post that ${what}` })

  test('queued posts fail when the conductor goes, and the sent one is found later', async () => {
    const world = stage(1)
    const [daemon] = world.daemons
    if (!daemon) throw new Error('no daemon')
    const { machine } = daemon
    let lost = new AbortController()
    machine.lost = () => lost.signal
    daemon.kill()
    const work = await play(world, daemon.up())
    const commit = machine.dht.commit.bind(machine.dht)
    vi.spyOn(machine.dht, 'commit').mockImplementationOnce(async (...call) => {
      await commit(...call)
      lost.abort(down)
      throw new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'the connection was lost' })
    })
    const reading = vi.spyOn(machine.dht, 'ownEvents').mockImplementation(() => Promise.reject(down))
    const sent = work.post(keyed('was sent'), forever)
    const waits = work.post(keyed('waits'), forever)
    await expect(play(world, waits)).rejects.toBe(down)
    await expect(work.post(keyed('comes then'), forever)).rejects.toBe(down)
    expect(work.list()).toEqual([])

    reading.mockRestore()
    lost = new AbortController()
    const { task } = await play(world, sent)
    expect(work.list().map((one) => one.task)).toEqual([task])
    await play(world, work.post(keyed('waits'), forever))
    expect(work.list()).toHaveLength(2)
  })

  test('a later post does not pass the one that was sent to a lost conductor', async () => {
    const queue = new PostQueue(3)
    const lost = new AbortController()
    const sent = Promise.withResolvers<string>()
    const first = queue.take(() => sent.promise, lost.signal)
    const second = queue.take(async () => 'posted', lost.signal)
    await new Promise(setImmediate)
    lost.abort(down)
    await expect(second).rejects.toBe(down)
    const post = vi.fn(async () => 'posted')
    const third = queue.take(post, new AbortController().signal)
    await new Promise(setImmediate)
    expect(post).not.toHaveBeenCalled()
    sent.resolve('found')
    expect(await Promise.all([first, third])).toEqual(['found', 'posted'])
  })
})
