import { describe, expect, test, vi } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import type { Ask } from '../../../host/types/answer.ts'
import { forever } from '../../harness/forever.ts'
import { play } from '../work/stage.ts'
import { ask, asking, type Deed, openPlane, untilAborted } from './plane.ts'

/** Gives some words of the honest answer, and then nothing more. */
const falters =
  (words: number): Deed =>
  async (job, honest, signal) => {
    const given: string[] = []
    const { text } = await honest({ ...job, onText: (piece) => given.push(piece) }, signal)
    if (job.prefix !== '') throw new RangeError(text)
    for (const [at, piece] of given.slice(0, words).entries()) job.onText(piece, at + 1)
    return untilAborted(signal)
  }

describe('an answer over the mesh', () => {
  test.each([['stream'], ['whole']] as const)(
    'a mesh answer comes whole, with its giver and its receipt (%s)',
    async (how) => {
      const plane = await openPlane(2)
      const { text, end, seams } = await ask(plane, how)
      const honest = plane.honest[0]
      expect(honest?.length).toBeGreaterThan(0)
      expect([text, seams]).toEqual([how === 'stream' ? honest : '', 0])
      const task = await plane.work.show(end?.task ?? '')
      expect(end).toMatchObject({
        text: honest,
        finish: 'length',
        usage: { tokens_in: 2, tokens_out: 8 },
        model: 'sim',
        model_digest: 'a'.repeat(64),
        route: 'mesh',
        peer: task.worker,
        receipt: `${task.task}.receipt`,
        why: 'asked by name',
      })
      expect(task).toMatchObject({ state: 'accepted', priority: 'interactive' })
    },
  )

  test("a silent worker's text stays, and another worker continues it", async () => {
    const plane = await openPlane(3, [falters(3)])
    const { text, end, seams, ms } = await ask(plane, 'stream')
    expect(plane.honest[1]).toBe(plane.honest[0])
    expect([text, end?.text, seams]).toEqual([plane.honest[0], plane.honest[0], 1])
    // Tokens of both count, once, and those of the answer are no more than were asked for.
    expect(end?.usage).toEqual({ tokens_in: 2, tokens_out: 8 })
    expect((await plane.work.show(end?.task ?? '')).attempts.map(({ reason }) => reason)).toEqual([
      'none',
      'silent',
    ])
    expect(ms).toBeLessThan(limits.next_token_ms + 8_000)
  })

  test('an answer is waited for while its worker loads the model', async () => {
    const deeds: Deed[] = []
    const plane = await openPlane(2, deeds)
    deeds.push(async (job, honest, signal) => {
      await plane.world.clock.sleep(limits.first_token_ms + 60_000, signal)
      return honest(job, signal)
    })
    const { text, end } = await ask(plane, 'stream')
    expect(text).toBe(plane.honest[0])
    expect((await plane.work.show(end?.task ?? '')).attempts.map(({ reason }) => reason)).toEqual(['none'])
  })

  test('an answer is waited for while its worker reads the prompt in pieces', async () => {
    const deeds: Deed[] = []
    const plane = await openPlane(2, deeds)
    deeds.push(async (job, honest, signal) => {
      for (const tokens of [0, 128, 256, 384]) {
        job.onRead?.(tokens)
        await plane.world.clock.sleep(limits.first_token_ms - 10_000, signal)
      }
      return honest(job, signal)
    })
    const input = { type: 'text', text: 'x'.repeat(5_000), template: 'auto' } as const
    const { text, end } = await ask(plane, 'stream', { input })
    expect(text).toBe(plane.honest[0])
    expect((await plane.work.show(end?.task ?? '')).attempts.map(({ reason }) => reason)).toEqual(['none'])
  })

  test('an answer is waited for while a prompt is read though its start message was lost', async () => {
    const deeds: Deed[] = []
    const plane = await openPlane(2, deeds)
    deeds.push(async (job, honest, signal) => {
      job.onRead?.(0)
      await plane.world.clock.sleep(limits.first_start_ms + 10_000, signal)
      return honest(job, signal)
    })
    let isLost = false
    for (const { machine } of plane.workers) {
      const { send } = machine.messages
      vi.spyOn(machine.messages, 'send').mockImplementation(async (to, message, signal) => {
        const loses = message.type === 'started' && !isLost
        isLost ||= loses
        if (!loses) await send.call(machine.messages, to, message, signal)
      })
    }
    const input = { type: 'text', text: 'x'.repeat(10_000), template: 'auto' } as const
    const { text, end } = await ask(plane, 'stream', { input })
    expect([isLost, text]).toEqual([true, plane.honest[0]])
    expect((await plane.work.show(end?.task ?? '')).attempts.map(({ reason }) => reason)).toEqual(['none'])
  })

  test('an answer comes from another worker if the first one never begins', async () => {
    const plane = await openPlane(2, [(_job, _honest, signal) => untilAborted(signal)])
    const { text, end, ms } = await ask(plane, 'stream')
    expect(text).toBe(plane.honest[0])
    const [first, second] = (await plane.work.show(end?.task ?? '')).attempts
    expect([second?.reason, second?.worker === first?.worker]).toEqual(['expired', false])
    expect(ms).toBeLessThan(limits.first_start_ms + 8_000)
  })

  test('an answer has no seam if nothing was read before the change of machines', async () => {
    const plane = await openPlane(3, [falters(0)])
    const { text, seams, end } = await ask(plane, 'stream')
    expect([text, seams]).toEqual([end?.text, 0])
    expect(end?.usage?.tokens_out).toBe(8)
  })

  test('an answer survives two workers and a kill of the second in mid-answer', async () => {
    const plane = await openPlane(4, [falters(2)])
    const { clock } = plane.world
    const killTheSecond = () => {
      const [task] = plane.work.list()
      const second = task?.attempts[1]
      const isSeen = task && second && plane.work.textOf(task.task).length > 10
      if (isSeen) plane.workers.find(({ machine }) => machine.agent === second.worker)?.leave(120_000)
      else clock.after(20, killTheSecond)
    }
    killTheSecond()
    const { text, end, seams, failed } = await ask(plane, 'stream')
    expect(failed).toBeNull()
    expect([text, end?.text, seams]).toEqual([plane.honest[0], plane.honest[0], 2])
    expect((await plane.work.show(end?.task ?? '')).attempts.length).toBe(3)
  })

  test('this machine gives the answer if it fits best, and another while it drains', async () => {
    const plane = await openPlane(2, [], true, true)
    const { agent } = plane.poster.machine
    const near = await ask(plane, 'stream')
    expect(near.end).toMatchObject({ text: near.text, route: 'local', peer: agent, why: 'asked by name' })
    expect([(await plane.work.show(near.end?.task ?? '')).worker, plane.honest]).toEqual([agent, []])
    plane.work.drain(true)
    const far = await ask(plane, 'stream')
    expect(far.end).toMatchObject({ text: plane.honest[0], route: 'mesh' })
    expect(plane.workers.map(({ machine }) => machine.agent)).toContain(far.end?.peer)
  })

  test('the named machine alone gives the answer', async () => {
    const plane = await openPlane(4)
    for (const { machine } of plane.workers) {
      const { end } = await ask(plane, 'whole', { model: `peer:${machine.agent}/sim` })
      expect(end).toMatchObject({ peer: machine.agent, route: 'mesh' })
    }
  })

  test('an answer keeps its leading byte order mark', async () => {
    const marked = '\ufeffusing System;'
    const plane = await openPlane(1, [
      async (job, honest, signal) => {
        const outcome = await honest({ ...job, onText: () => {} }, signal)
        job.onText(marked, 1)
        return { ...outcome, text: marked }
      },
    ])
    const { text, end } = await ask(plane, 'stream')
    expect([text, end?.text]).toEqual([marked, marked])
  })

  test('an ask with the same key is the same task', async () => {
    const plane = await openPlane(2)
    const key = 'a key of sixteen bytes'
    const first = await ask(plane, 'whole', { key })
    const again = await ask(plane, 'stream', { key })
    expect(again.end).toEqual(first.end)
    expect(again.text).toBe(first.end?.text)
    expect(plane.honest.length).toBe(1)
  })
})

test('a second ask with the key reads along with the running answer', async () => {
  const plane = await openPlane(1)
  const { world, inference, work } = plane
  const asked = asking({ key: 'a key of sixteen bytes', max_tokens: 16 })
  const first = await play(world, inference.ask(asked, forever))
  const begun = () => work.list().some(({ task }) => work.textOf(task) !== '')
  await world.clock.run(world.clock.now() + 60_000, begun)
  expect(begun()).toBe(true)
  const again = await play(world, inference.ask(asked, forever))
  let ended = false
  const end = again.end.finally(() => {
    ended = true
  })
  const before: string[] = []
  const reading = (async () => {
    for await (const piece of again.pieces) if (piece.type === 'text' && !ended) before.push(piece.text)
  })()
  const { text } = await play(world, end)
  await play(world, Promise.all([first.end, reading]))
  // Piece by piece, and not all of it at the end.
  expect(before.length).toBeGreaterThan(3)
  expect(text.startsWith(before.join(''))).toBe(true)
})

describe('an answer of a lost worker that is not plain text', () => {
  const list: Partial<Ask> = {
    format: { type: 'schema', schema: { type: 'array', items: { type: 'integer' } } },
  }
  const input: Ask['input'] = {
    type: 'chat',
    messages: [{ role: 'user', content: 'Look.', tool_calls: [], tool_call_id: null }],
    tools: [{ name: 'look', description: '', parameters: {} }],
    tool_choice: 'auto',
  }
  const call = '{"tool_calls":[{"name":"look","arguments":{"at":1}}]}'
  /** Gives a text, and then nothing more. */
  const gives =
    (text: string): Deed =>
    (job, _honest, signal) => {
      job.onText(text, 1)
      return untilAborted(signal)
    }
  /** Answers from the beginning, piece by piece, whatever the prefix was. */
  const answers =
    (text: string): Deed =>
    async (job, honest, signal) => {
      const outcome = await honest({ ...job, onText: () => {} }, signal)
      expect(job.prefix).toBe('')
      for (const [at, char] of [...text].entries()) job.onText(char, Math.min(at + 1, 5))
      return { ...outcome, text, usage: { ...outcome.usage, tokens_in: 2, tokens_out: 5 } }
    }

  test.each<[string, Partial<Ask>, string, Deed[]]>([
    ['a document', list, '[1, 2]', [gives('[1'), answers('[1, 2]')]],
    ['a document after two workers', list, '[1, 2]', [gives('Once'), gives('[3'), answers('[1, 2]')]],
    ['a call', { input }, call, [gives('{"tool_calls":[{"name":"loo'), answers(call)]],
  ])('the next worker gives the whole answer: %s', async (_what, asked, text, deeds) => {
    const { end, failed } = await ask(await openPlane(4, deeds), 'whole', asked)
    expect(failed).toBeNull()
    expect(end).toMatchObject({ text, usage: { tokens_in: 2, tokens_out: 5 } })
  })

  test('a JSON answer of a lost worker fails if the next text contradicts it', async () => {
    const read = await ask(await openPlane(3, [gives('[3'), answers('[1, 2]')]), 'stream', list)
    expect(read).toMatchObject({ text: '[3', failed: { code: 'RIPPLE_ANSWER_INVALID' } })
    const rest = await ask(await openPlane(3, [gives('[1'), answers('[1, 2]')]), 'stream', list)
    expect(rest).toMatchObject({ text: '[1, 2]', failed: null })
  })

  test('a tool call of a lost worker goes on for a reader who saw nothing', async () => {
    const begun = gives('{"tool_calls":[{"name":"look","arguments":{"at":7')
    const said = '{"content":"Here it is."}'
    for (const text of [call, said]) {
      const read = await ask(await openPlane(3, [begun, answers(text)]), 'stream', { input })
      expect(read).toMatchObject({ failed: null, seams: 0, end: { text } })
      expect(text.startsWith(read.text)).toBe(true)
      expect(read.text !== '').toBe(text === said)
    }
  })

  test('words before a call of a lost worker fail if the next worker says others', async () => {
    const deeds = [gives('{"content":"There'), answers('{"content":"Here it is."}')]
    const read = await ask(await openPlane(3, deeds), 'stream', { input })
    expect(read).toMatchObject({ text: '{"content":"There', failed: { code: 'RIPPLE_ANSWER_INVALID' } })
  })
})

describe('an abandoned answer', () => {
  test('an abandoned answer ends at once with its reason, its task and its run', async () => {
    const stopped: unknown[] = []
    const plane = await openPlane(2, [
      (job, _honest, signal) => {
        job.onText('some ', 1)
        signal.addEventListener('abort', () => stopped.push(signal.reason))
        return untilAborted(signal)
      },
    ])
    const gone = new AbortController()
    const reason = new RippleError('RIPPLE_INTERRUPTED')
    plane.world.clock.after(3_000, () => gone.abort(reason))
    const { text, failed, ms } = await ask(plane, 'stream', { key: 'a key of sixteen bytes' }, gone.signal)
    expect(ms).toBe(3_000)
    expect([text, failed]).toEqual(['some ', reason])
    const task = await play(
      plane.world,
      plane.work.wait('a key of sixteen bytes', new AbortController().signal),
    )
    expect(task.state).toBe('cancelled')
    await plane.world.clock.run(plane.world.clock.now() + 10_000, () => stopped.length > 0)
    expect(stopped.length).toBe(1)
  })

  test('an ask that is abandoned before it begins posts nothing', async () => {
    const plane = await openPlane(2)
    const reason = new RippleError('RIPPLE_INTERRUPTED')
    await expect(plane.inference.ask(asking(), AbortSignal.abort(reason))).rejects.toBe(reason)
    expect([...plane.work.list(), ...(await plane.work.newestClosed(1))]).toEqual([])
  })
})

describe('an ask at fault', () => {
  test('an ask at fault ends at the first worker that says so', async () => {
    const plane = await openPlane(3, [
      () => Promise.reject(new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens: 3_000, max: 2_048 })),
    ])
    const { failed, ms } = await ask(plane, 'whole', { key: 'a key of sixteen bytes' })
    expect(failed).toMatchObject({ code: 'RIPPLE_CONTEXT_TOO_LONG' })
    expect(ms).toBeLessThan(5_000)
    const task = await play(
      plane.world,
      plane.work.wait('a key of sixteen bytes', new AbortController().signal),
    )
    expect([task.state, task.attempts.length]).toEqual(['cancelled', 1])
  })

  test('an ask that no machine takes ends with its queue deadline', async () => {
    const plane = await openPlane(2)
    for (const worker of plane.workers) worker.leave(10 * limits.ask_deadlines_ms.total)
    const { failed, ms } = await ask(plane, 'whole')
    expect(failed).toMatchObject({ code: 'RIPPLE_ANSWER_EXPIRED', http: 429 })
    expect(ms).toBeLessThan(limits.ask_deadlines_ms.queue + 10_000)
  })

  test('a key without an answer is spent and stays so when all are back', async () => {
    const plane = await openPlane(2)
    const away = limits.ask_deadlines_ms.queue + 20_000
    for (const worker of plane.workers) worker.leave(away)
    const begun = plane.world.clock.now()
    const spent = { code: 'RIPPLE_ANSWER_KEY_SPENT', http: 409, facts: { key: 'a key of sixteen bytes' } }
    expect((await ask(plane, 'whole', { key: 'a key of sixteen bytes' })).failed).toMatchObject(spent)
    await plane.world.clock.run(begun + away + 10_000, () => false)
    expect((await ask(plane, 'whole', { key: 'a key of sixteen bytes' })).failed).toMatchObject(spent)
    expect((await ask(plane, 'whole', { key: 'another of sixteen bytes' })).end?.text).toBe(plane.honest[0])
  })
})
