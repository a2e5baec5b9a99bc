import { describe, expect, test, vi } from 'vitest'
import { sha256Hex } from '../../../host/codec/digest.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { decodePayload } from '../../../host/work/context/payload.ts'
import type { WorkEvent } from '../../../host/work/context/watchers.ts'
import { forever } from '../../harness/forever.ts'
import type { World } from '../../harness/sim/world.ts'
import { pass, play, request, stage } from './stage.ts'

async function poster(world: World) {
  const [daemon] = world.daemons
  if (!daemon) throw new RangeError('the stage is empty')
  return { daemon, work: await play(world, daemon.up()) }
}

describe('a task', () => {
  test.each(['private', 'public'] as const)('a %s task goes from post to close', async (sensitivity) => {
    const world = stage(2)
    const { work } = await poster(world)
    const events: WorkEvent[] = []
    work.events((event) => events.push(event))
    const posted = await play(world, work.post(request({ sensitivity }), forever))
    expect(posted).toMatchObject({ wire_state: 'queued', worker: null })
    const done = await play(world, work.wait(posted.task, forever))
    expect(done).toMatchObject({
      state: 'accepted',
      wire_state: 'done',
      worker: world.daemons[1]?.machine.agent,
    })
    expect(done.output?.encrypted).toBe(sensitivity === 'private')
    const states = events.flatMap((event) => (event.type === 'task' ? [event.view.state] : []))
    expect([...new Set(states)]).toEqual(['posted', 'offered', 'granted', 'running', 'delivered', 'accepted'])

    const secrets = await work.secrets(posted.task, forever)
    if (!secrets) throw new RangeError('nothing reveals the task')
    const text = new TextDecoder().decode(secrets.output ?? new Uint8Array())
    const streamed = events.flatMap((event) => (event.type === 'text' ? [event.text] : []))
    expect(streamed.join('')).toBe(text)
    expect(decodePayload(secrets.payload).input).toMatchObject({ text: 'Say something.' })
    expect(secrets.output_key === null).toBe(sensitivity === 'public')
    const chain = [...world.network.chains().values()].flat()
    const task = chain.find((event) => event.hash === posted.task)
    const digest = task?.entry.type === 'Task' ? task.entry.payload_digest : ''
    expect(sha256Hex(secrets.payload_salt, secrets.payload)).toBe(digest)
  })

  test('a task costs the poster three entries and the worker one', async () => {
    const world = stage(2)
    const { work } = await poster(world)
    const { task } = await play(world, work.post(request(), forever))
    await play(world, work.wait(task, forever))
    await pass(world, 60_000)
    expect(
      [...world.network.chains().values()].map((chain) => chain.map((event) => event.entry.type)),
    ).toEqual([['Task', 'Grant', 'Close'], ['Result']])
  })

  test('a task starts when its dependencies are accepted, also across a restart', async () => {
    const world = stage(2)
    const { work, daemon } = await poster(world)
    const first = await play(world, work.post(request(), forever))
    const second = await play(world, work.post(request({ depends_on: [first.task] }), forever))
    expect(await work.why(second.task)).toMatchObject({ state: 'posted', waits_for: [first.task] })
    daemon.kill()
    const restarted = await play(world, daemon.up())
    const done = await play(world, restarted.wait(second.task, forever))
    expect(done).toMatchObject({ state: 'accepted', depends_on: [first.task] })
    const own = world.network.chains().get(daemon.machine.agent) ?? []
    const closed = own.findIndex(({ entry }) => entry.type === 'Close' && entry.task === first.task)
    const granted = own.findIndex(({ entry }) => entry.type === 'Grant' && entry.task === second.task)
    expect(closed).toBeGreaterThan(0)
    expect(closed).toBeLessThan(granted)
  })

  test('a task returns to the only worker after a failed attempt', async () => {
    const world = stage(2, { engineCrash: 1 })
    const { work } = await poster(world)
    const { task } = await play(world, work.post(request({ max_attempts: 8 }), forever))
    await pass(world, 1_000)
    world.wires.quietFrom(world.clock.now())
    const done = await play(world, work.wait(task, forever))
    const worker = world.daemons[1]?.machine.agent
    expect(done).toMatchObject({ state: 'accepted', worker })
    expect(done.attempts).toMatchObject([
      { worker, reason: 'none' },
      { worker, reason: 'failed' },
    ])
  })

  test('a task is cancelled when a dependency ends without a result, and refused afterwards', async () => {
    const world = stage(1)
    const { work } = await poster(world)
    const first = await play(world, work.post(request(), forever))
    const second = await play(world, work.post(request({ depends_on: [first.task] }), forever))
    const third = await play(world, work.post(request({ depends_on: [second.task] }), forever))
    await play(world, work.cancel(first.task, forever))
    expect(await play(world, work.wait(third.task, forever))).toMatchObject({ state: 'cancelled' })
    expect(await work.why(second.task)).toMatchObject({
      state: 'cancelled',
      ended: { why: 'dependency', task: first.task },
      now: null,
      waits_for: [],
      peers: [],
    })
    expect((await work.show(first.task)).ended).toMatchObject({ why: 'cancelled', task: null })
    const late = (tasks: string[]) => play(world, work.post(request({ depends_on: tasks }), forever))
    await expect(late([first.task])).rejects.toMatchObject({ code: 'RIPPLE_TASK_NEVER_READY' })
    await expect(late(['uhCkkunknown'])).rejects.toMatchObject({ code: 'RIPPLE_TASK_UNKNOWN' })
  })

  test('a task can depend neither on itself nor on a circle', async () => {
    const world = stage(1)
    const { work } = await poster(world)
    const [one, two] = ['the key of the first task', 'the key of the second one']
    const post = (key: string, depends_on: string[]) =>
      play(world, work.post(request({ key, depends_on }), forever))
    await expect(post(one, [one])).rejects.toMatchObject({ code: 'RIPPLE_TASK_UNKNOWN' })
    await expect(post(one, [two])).rejects.toMatchObject({ code: 'RIPPLE_TASK_UNKNOWN' })
    const first = await post(one, [])
    const second = await post(two, [first.task])
    // A key that is used already stays what it is: nothing is added to what its task waits for.
    for (const { task } of [first, second])
      await expect(post(one, [task])).rejects.toMatchObject({ code: 'RIPPLE_TASK_CONFLICT' })
    expect((await work.show(first.task)).depends_on).toEqual([])
  })

  test('a task goes to another worker at once if the first cannot store the output', async () => {
    const world = stage(3)
    const { work } = await poster(world)
    const full = new Set<string>()
    for (const { machine } of world.daemons.slice(1)) {
      const { batch } = machine.journal
      vi.spyOn(machine.journal, 'batch').mockImplementation(async (changes) => {
        const isOutput = changes.some(({ bucket }) => bucket === 'outputs')
        if (isOutput && full.size === 0) full.add(machine.agent)
        if (isOutput && full.has(machine.agent))
          throw new RippleError('RIPPLE_DISK_FULL', { path: machine.agent })
        return batch.call(machine.journal, changes)
      })
    }
    const posted = await play(world, work.post(request({ lease_ms: 200_000 }), forever))
    const done = await play(world, work.wait(posted.task, forever))
    expect(done).toMatchObject({ state: 'accepted', attempts: [{ attempt: 1 }, { reason: 'released' }] })
    expect(full).not.toContain(done.worker)
    expect(done.times.closed_at ?? 0).toBeLessThan(posted.times.posted_at + 60_000)
  })

  test('a task is the same one when its key is posted again, also after a restart', async () => {
    const world = stage(2)
    const { work, daemon } = await poster(world)
    const key = 'a key of sixteen bytes'
    const [first, second] = await play(
      world,
      Promise.all([1, 2].map(() => work.post(request({ key }), forever))),
    )
    expect(second?.task).toBe(first?.task)
    await expect(
      play(world, work.post(request({ key, prompt: 'Something else.' }), forever)),
    ).rejects.toMatchObject({
      code: 'RIPPLE_TASK_CONFLICT',
    })
    daemon.kill()
    const again = await play(
      world,
      daemon.up().then((restarted) => restarted.post(request({ key }), forever)),
    )
    expect(again.task).toBe(first?.task)
  })

  test("a task goes to another worker if the first one's output cannot be fetched", async () => {
    const world = stage(3)
    const { work, daemon } = await poster(world)
    const { artifacts } = daemon.machine
    const get = artifacts.get.bind(artifacts)
    const asked = new Set<string>()
    vi.spyOn(artifacts, 'get').mockImplementation(async (cid, from, ...rest) => {
      for (const worker of from) asked.add(worker)
      const [first] = asked
      if (first !== undefined && from.includes(first))
        throw new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid })
      return get(cid, from, ...rest)
    })
    const deadlines_ms = { queue: 60_000, run: 60_000, total: 500_000 }
    const { task } = await play(world, work.post(request({ lease_ms: 30_000, deadlines_ms }), forever))
    const done = await play(world, work.wait(task, forever))
    expect(done).toMatchObject({ state: 'accepted', attempts: [{ attempt: 1 }, { attempt: 2 }] })
  })

  test('a post that a crash prevented gets its whole time when repeated', async () => {
    const world = stage(2)
    const { work, daemon } = await poster(world)
    const asked = request({ key: 'a key of sixteen bytes' })
    daemon.arm('post.pre@1:kill9')
    void work.post(asked, forever).catch(() => undefined)
    await pass(world, 1_000)
    const again = await play(world, daemon.up())
    await pass(world, asked.deadlines_ms.queue + 10_000)
    const { task } = await play(world, again.post(asked, forever))
    expect(await play(world, again.wait(task, forever))).toMatchObject({ state: 'accepted' })
  })

  test('a post whose write landed without an answer is found when repeated', async () => {
    const world = stage(2)
    const { work, daemon } = await poster(world)
    const { dht } = daemon.machine
    const write = dht.commit.bind(dht)
    vi.spyOn(dht, 'commit').mockImplementationOnce(async (...wanted) => {
      await write(...wanted)
      throw new RippleError('RIPPLE_DISK_FULL', { path: 'conductor' })
    })
    const asked = request({ key: 'a key of sixteen bytes' })
    await expect(play(world, work.post(asked, forever))).rejects.toMatchObject({ code: 'RIPPLE_DISK_FULL' })
    await pass(world, 1_000)
    const { task } = await play(world, work.post(asked, forever))
    expect(await work.find('a key of sixteen bytes')).toMatchObject({ task })
    expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'accepted' })
  })

  test('a repeated post gives the same task though its stand-ins have changed', async () => {
    const world = stage(3)
    const { work } = await poster(world)
    const key = 'a key of sixteen bytes'
    const known = world.daemons.map(({ machine: { agent } }) => ({ agent, publicKey: '' }))
    const posts = [known.slice(1, 2), known.slice(1)].map((allow) =>
      request({ key, sensitivity: 'public', fallback: { after_ms: 60_000, allow, named: false } }),
    )
    const tasks = await play(world, Promise.all(posts.map((one) => work.post(one, forever))))
    expect(tasks[1]?.task).toBe(tasks[0]?.task)
  })

  test.each([
    ['RIPPLE_PROMPT_EMPTY', ''],
    ['RIPPLE_PROMPT_ENCODING', 'half a pair \ud800'],
    ['RIPPLE_PROMPT_TOO_LARGE', 'x'.repeat(1_048_576)],
    // Each line break has two bytes in the payload.
    ['RIPPLE_PROMPT_TOO_LARGE', '\n'.repeat(600_000)],
  ])('a post is refused with %s', async (code, prompt) => {
    const world = stage(1)
    const { work } = await poster(world)
    await expect(play(world, work.post(request({ prompt }), forever))).rejects.toMatchObject({ code })
    expect(work.list()).toEqual([])
  })

  test.each([
    ['RIPPLE_BODY_INVALID', 'Say something.', 1_048_576],
    ['RIPPLE_BODY_INVALID', 'x'.repeat(900_000), 200_000],
    ['RIPPLE_PROMPT_TOO_LARGE', '\u0001'.repeat(200_000), 10],
  ])('a post is refused with %s if its answer format is too large', async (code, prompt, chars) => {
    const world = stage(1)
    const { work } = await poster(world)
    const { payload, ...rest } = request({ prompt })
    const format = { type: 'schema', schema: { description: 'x'.repeat(chars) } } as const
    const posting = work.post({ ...rest, payload: { ...payload, format } }, forever)
    await expect(play(world, posting)).rejects.toMatchObject({ code })
    expect(work.list()).toEqual([])
  })

  test('a post that the rules refuse leaves its key free', async () => {
    const world = stage(2)
    const { work } = await poster(world)
    const key = 'a key of sixteen bytes'
    const bad = work.post(request({ key, max_attempts: 99 }), forever)
    await expect(play(world, bad)).rejects.toMatchObject({ code: 'RIPPLE_DHT_REFUSED' })
    const good = await play(world, work.post(request({ key }), forever))
    expect(good.id).toBe(key)
  })

  test('a task that nobody can run is refused; if forced, it stays queued and expires', async () => {
    const world = stage(3)
    const { work } = await poster(world)
    const requirements = { ...request().requirements, tags: ['gpu:true'] }
    const { model, placement } = request()
    const asks = { class: 'inference', work: { type: 'model', ...model }, requirements, placement } as const
    expect(work.forecast(asks)).toMatchObject({ first: [], missing: [{ code: 'tag_missing', peers: 3 }] })
    const { first, peers } = work.forecast({ ...asks, requirements: request().requirements })
    expect([first.length, peers.map(({ self, rank }) => [self, rank])]).toEqual([
      2,
      [
        [false, 0],
        [false, 0],
        [true, 2],
      ],
    ])
    const asked = work.post(request({ requirements }), forever)
    await expect(play(world, asked)).rejects.toMatchObject({
      code: 'RIPPLE_TASK_INFEASIBLE',
      facts: { detail: 'the tag gpu:true (all 3 machines lack it, the nearest is peer 0 with no tag)' },
    })
    const posted = await play(world, work.post(request({ requirements, force: true }), forever))
    expect((await work.why(posted.task)).peers.map((peer) => peer.refusals)).toEqual([
      ['tag_missing'],
      ['tag_missing'],
      ['tag_missing'],
    ])
    const done = await play(world, work.wait(posted.task, forever))
    expect(done).toMatchObject({ state: 'expired', ended: { why: 'queue', ms: 60_000 }, attempts: [] })
  })

  test('a task runs at home if there is no other machine', async () => {
    const world = stage(1)
    const { work } = await poster(world)
    const { task } = await play(world, work.post(request(), forever))
    const done = await play(world, work.wait(task, forever))
    expect(done).toMatchObject({ state: 'accepted', worker: done.poster })
  })

  test('a task is cancelled once, and its worker stops', async () => {
    const world = stage(2, { slow: 1 })
    const { work } = await poster(world)
    const { task } = await play(world, work.post(request(), forever))
    await pass(world, 2_000)
    expect((await work.show(task)).state).toBe('running')
    const done = await play(world, work.cancel(task, forever))
    expect(done).toMatchObject({ state: 'cancelled', wire_state: 'cancelled' })
    await pass(world, 10_000)
    expect(world.daemons[1]?.work?.heldGrants()).toBe(0)
    expect(world.logs.filter((line) => line.type === 'run_ended')).toMatchObject([{ status: 'aborted' }])
  })

  test('a result with a salt or key that no receipt can show is not accepted', async () => {
    const world = stage(3)
    const { work } = await poster(world)
    const [, short, keyed] = world.daemons.map(({ machine }) => machine)
    if (!short || !keyed) throw new RangeError('too few machines')
    const { bytes } = short.random
    vi.spyOn(short.random, 'bytes').mockImplementation((length) => bytes.call(short.random, length - 1))
    const { send } = keyed.messages
    vi.spyOn(keyed.messages, 'send').mockImplementation((to, message, signal) => {
      const more = message.type === 'result' ? { ...message, key: new Uint8Array(32) } : message
      return send.call(keyed.messages, to, more, signal)
    })
    const { task } = await play(
      world,
      work.post(request({ sensitivity: 'public', max_attempts: 2 }), forever),
    )
    const done = await play(world, work.wait(task, forever))
    expect(done).toMatchObject({ state: 'failed', attempts: [{ attempt: 1 }, { reason: 'rejected' }] })
    expect(new Set(done.attempts.map(({ worker }) => worker))).toEqual(new Set([short.agent, keyed.agent]))
  })

  test('a result with an output under another kind of CID is not accepted', async () => {
    const world = stage(2)
    const { work, daemon } = await poster(world)
    const [, worker] = world.daemons.map(({ machine }) => machine)
    if (!worker) throw new RangeError('too few machines')
    // UnixFS gives the same bytes, wrapped in a node of its own.
    const wrapped = 'bafybeiaskl73f54xirvewc7pdvnx3f2nssd5oegxw7dyutkjcelkwneahu'
    const { add } = worker.artifacts
    let content = new Uint8Array()
    vi.spyOn(worker.artifacts, 'add').mockImplementation(async (bytes, signal) => {
      content = new Uint8Array(bytes)
      await add.call(worker.artifacts, bytes, signal)
      return wrapped
    })
    vi.spyOn(daemon.machine.artifacts, 'get').mockImplementation(async () => content)
    vi.spyOn(daemon.machine.artifacts, 'pin').mockResolvedValue()
    const { task } = await play(world, work.post(request({ max_attempts: 1 }), forever))
    expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'failed' })
  })

  test('a task goes on when the one who waits for it leaves', async () => {
    const world = stage(2)
    const { work } = await poster(world)
    const { task } = await play(world, work.post(request(), forever))
    const gone = new AbortController()
    const waiting = work.wait(task, gone.signal)
    gone.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'accepted' })
  })

  test('an unknown task name is refused', async () => {
    const world = stage(1)
    const { work } = await poster(world)
    await expect(work.show('nothing')).rejects.toEqual(
      expect.objectContaining({ code: 'RIPPLE_TASK_UNKNOWN' }),
    )
  })
})
