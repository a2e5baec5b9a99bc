import { expect, test, vi } from 'vitest'
import { limits } from '../../../host/limits.ts'
import type { TaskSpec } from '../../../host/work/poster/task-spec.ts'
import { forever } from '../../harness/forever.ts'
import { pass, play, request, stage } from './stage.ts'

/** One run of a slow machine takes so long, in milliseconds: a token. */
const runMs = 3_000
const floods = 40

function short(key: string): TaskSpec {
  const deadlines_ms = { queue: 500_000, run: 60_000, total: 500_000 }
  return request({ key, max_tokens: 1, deadlines_ms })
}

test('a flood from one poster neither delays another nor idles the worker', async () => {
  const world = stage(3, { slow: 1 })
  const [flooder, honest] = await play(world, Promise.all(world.daemons.map((daemon) => daemon.up())))
  if (!flooder || !honest) throw new Error('too few machines')
  for (const work of [flooder, honest]) work.drain(true)
  const flood: string[] = []
  for (let i = 0; i < floods; i++)
    flood.push((await play(world, flooder.post(short(`one of many keys, number ${i}`), forever))).task)
  const from = world.clock.now()
  const { task } = await play(world, honest.post(short('the key of the honest poster'), forever))
  expect(await play(world, honest.wait(task, forever))).toMatchObject({ state: 'accepted' })
  // Its place is that of the first run that ends; before it, the engine takes what was waiting here already.
  expect(world.clock.now() - from).toBeLessThan((1 + limits.held_grants_max) * runMs + 5_000)
  const closed = await play(world, Promise.all(flood.map((one) => flooder.wait(one, forever))))
  expect(closed.every(({ state }) => state === 'accepted')).toBe(true)
  expect(world.clock.now() - from).toBeLessThan((floods + 1) * runMs * 1.1)
})

test('a grantee that asks for its payload without end gets a bounded number', async () => {
  const world = stage(2)
  const [poster, grantee] = world.daemons
  if (!poster || !grantee) throw new Error('too few machines')
  const work = await play(world, poster.up())
  const { messages } = poster.machine
  const { send } = messages
  let sent = 0
  vi.spyOn(messages, 'send').mockImplementation((to, message, signal) => {
    if (message.type !== 'payload') return send.call(messages, to, message, signal)
    sent += 1
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  const { task } = await play(world, work.post(request(), forever))
  await pass(world, 1_000)
  const [, grant] = world.network.chains().get(poster.machine.agent) ?? []
  const asked = { type: 'payload_request', task, grant: grant?.hash ?? '', attempt: 1 } as const
  for (let i = 0; i < 1_000; i++)
    await play(world, grantee.machine.messages.send(poster.machine.agent, asked, forever))
  await pass(world, 1_000)
  expect(sent).toBe(limits.payloads_given_per_peer_max)
  vi.restoreAllMocks()
  expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'accepted' })
})

test.each([
  { asked: 'open_tasks', answered: 'open_tasks_are' },
  { asked: 'who_runs', answered: 'runs' },
] as const)(
  'a peer that asks $asked without end gets a bounded number, and others theirs',
  async ({ asked, answered }) => {
    const world = stage(4, { slow: 1 })
    const [poster, worker, flooder, honest] = world.daemons
    if (!poster || !worker || !flooder || !honest) throw new Error('too few machines')
    const [work] = await play(world, Promise.all(world.daemons.map((daemon) => daemon.up())))
    if (!work) throw new Error('no daemon')
    const others = [flooder, honest]
    for (const one of others) one.work?.drain(true)
    const allow = others.map(({ machine }) => ({ agent: machine.agent, publicKey: null }))
    const fallback = { after_ms: 200_000, allow, named: false }
    const { task } = await play(world, work.post(request({ sensitivity: 'public', fallback }), forever))
    await pass(world, 2_000)
    const message = asked === 'open_tasks' ? { type: asked, cursor: 0 } : { type: asked, task }
    const { agent, messages } = (asked === 'open_tasks' ? poster : worker).machine
    const { send } = messages
    const sent: string[] = []
    vi.spyOn(messages, 'send').mockImplementation((to, one, signal) => {
      if (one.type !== answered) return send.call(messages, to, one, signal)
      sent.push(to)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    for (let i = 0; i < 1_000; i++) await play(world, flooder.machine.messages.send(agent, message, forever))
    await pass(world, 1_000)
    await play(world, honest.machine.messages.send(agent, message, forever))
    await pass(world, 1_000)
    const flooded = new Array(limits.answers_per_peer_max).fill(flooder.machine.agent)
    expect(sent).toEqual([...flooded, honest.machine.agent])
    vi.restoreAllMocks()
  },
)
