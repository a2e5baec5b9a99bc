import { describe, expect, test, vi } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import type { TokensMessage } from '../../../host/types/message.ts'
import { ask, type Deed, openPlane, untilAborted } from './plane.ts'

/** Streams words that its output does not begin with. */
const garbles: Deed = async (job, honest, signal) => {
  job.onText('Something else. ', 1)
  return honest({ ...job, onText: () => {} }, signal)
}

/** Gives what nobody else would, as well as its output. */
const garbage: Deed = async (job, honest, signal) => {
  const outcome = await honest({ ...job, onText: () => {} }, signal)
  job.onText('\u0000\ufffd\u202e'.repeat(20), 8)
  return { ...outcome, text: '\u0000\ufffd\u202e'.repeat(20) }
}

/** Goes on after the last token that was asked for, counts right, and names the whole as its output. */
const tooMuch: Deed = async (job, honest, signal) => {
  const outcome = await honest(job, signal)
  for (const at of [9, 10, 11]) job.onText('more ', at)
  return { ...outcome, text: `${outcome.text}more more more `, usage: { ...outcome.usage, tokens_out: 11 } }
}

/** The same without end, and without a pause that would give it away. */
const endless =
  (sleep: (ms: number, signal: AbortSignal) => Promise<void>, counts: boolean): Deed =>
  async (job, _honest, signal) => {
    for (let at = 1; ; at += 1) {
      await sleep(200, signal)
      job.onText('x'.repeat(100), counts ? at : 1)
    }
  }

/** Says that it has begun, and nothing more. */
const silent: Deed = ({ onRead }, _honest, signal) => {
  onRead?.(0)
  return untilAborted(signal)
}

/** Ends at once with nothing. */
const empty: Deed = async (job, honest, signal) => {
  const outcome = await honest({ ...job, onText: () => {} }, signal)
  return { ...outcome, text: '', usage: { ...outcome.usage, tokens_out: 0 } }
}

/** Counts fewer tokens than so long a text can have. */
const tooLong: Deed = async (job, honest, signal) => {
  const outcome = await honest({ ...job, onText: () => {} }, signal)
  return { ...outcome, text: 'x'.repeat(8 * limits.token_bytes_max + 1) }
}

describe('a whole answer despite a bad worker', () => {
  test.each([
    ['streamed something else', garbles, 'the output is not what was streamed'],
    ['gave more tokens than asked', tooMuch, 'more tokens were generated than asked'],
    ['gave more text than tokens can be', tooLong, 'the output is longer than its tokens can be'],
  ])('a whole answer comes from another worker after one %s', async (_what, deed, verdict) => {
    const plane = await openPlane(3, [deed])
    const { end, failed, ms } = await ask(plane, 'whole')
    expect(failed).toBeNull()
    expect(end?.text).toBe(plane.honest.at(-1))
    const task = await plane.work.show(end?.task ?? '')
    expect(task.attempts.map((one) => [one.reason, one.verdict])).toEqual([
      ['none', verdict],
      ['rejected', 'ok'],
    ])
    expect(task.attempts[1]?.worker).not.toBe(task.attempts[0]?.worker)
    expect(end?.usage?.tokens_out).toBe(8)
    expect(ms).toBeLessThan(10_000)
  })

  test('a whole answer comes from another worker after one did not continue its prefix', async () => {
    const dies: Deed = (job, _honest, signal) => {
      job.onText('It says ', 1)
      return untilAborted(signal)
    }
    const begins: Deed = async (job, honest, signal) => {
      const outcome = await honest({ ...job, onText: () => {} }, signal)
      return { ...outcome, text: 'Other words.' }
    }
    const plane = await openPlane(3, [dies, begins])
    const { messages } = plane.poster.machine
    const send = messages.send.bind(messages)
    let lost = 0
    // The second worker has not heard what the first one said: an honest one that was told would not attest without it.
    vi.spyOn(messages, 'send').mockImplementation((to, message, signal) => {
      if (message.type !== 'payload' || message.attempt !== 2) return send(to, message, signal)
      lost += 1
      return send(to, { ...message, prefix: '' }, signal)
    })
    const { end, failed } = await ask(plane, 'whole')
    expect(failed).toBeNull()
    expect(lost).toBeGreaterThan(0)
    expect(end?.text).toBe(plane.honest.at(-1))
    expect(end?.text).toMatch(/^It says /)
    const task = await plane.work.show(end?.task ?? '')
    expect(task.attempts.map((one) => [one.reason, one.verdict])).toEqual([
      ['none', null],
      ['silent', 'the output does not continue the text that it was given'],
      ['rejected', 'ok'],
    ])
  })

  test('a whole answer comes from another worker after one named another model', async () => {
    const plane = await openPlane(3)
    let lied = false
    for (const { machine } of plane.workers) {
      const { commit } = machine.dht
      vi.spyOn(machine.dht, 'commit').mockImplementation((entry, signal) => {
        const wrong = entry.type === 'Result' && !lied
        lied ||= wrong
        return commit.call(machine.dht, wrong ? { ...entry, model_digest: 'b'.repeat(64) } : entry, signal)
      })
    }
    const { end, failed } = await ask(plane, 'whole')
    expect([failed, end?.text]).toEqual([null, plane.honest.at(-1)])
    const [first, second] = (await plane.work.show(end?.task ?? '')).attempts
    expect([first?.verdict, second?.reason]).toEqual(['another model was run', 'rejected'])
  })

  test("a whole answer comes from another worker after a false refusal of the prompt's length", async () => {
    const refuses: Deed = async () => {
      throw new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens: 9_000, max: 2_048 })
    }
    const plane = await openPlane(3, [refuses], false, true)
    const { end, failed } = await ask(plane, 'whole')
    expect([failed, end?.text]).toEqual([null, plane.honest[0]])
    const [first, second] = (await plane.work.show(end?.task ?? '')).attempts
    expect([first?.ended?.code, second?.worker === first?.worker]).toEqual(['context_too_long', false])
  })

  test('a whole answer comes from another worker after a silent one', async () => {
    const plane = await openPlane(3, [silent])
    const { end, failed, ms } = await ask(plane, 'whole')
    expect([failed, end?.text]).toEqual([null, plane.honest.at(-1)])
    expect((await plane.work.show(end?.task ?? '')).attempts.map(({ reason }) => reason)).toEqual([
      'none',
      'silent',
    ])
    expect(ms).toBeLessThan(2 * limits.first_token_ms)
  })

  test('a whole answer comes from another worker after one repeated the same piece', async () => {
    const deeds: Deed[] = []
    const plane = await openPlane(3, deeds)
    deeds.push(endless((ms, signal) => plane.world.clock.sleep(ms, signal), false))
    let first: TokensMessage | null = null
    for (const { machine } of plane.workers) {
      const { send } = machine.messages
      vi.spyOn(machine.messages, 'send').mockImplementation((to, message, signal) => {
        if (message.type !== 'tokens' || message.attempt > 1)
          return send.call(machine.messages, to, message, signal)
        first ??= message
        return send.call(machine.messages, to, first, signal)
      })
    }
    const { end, failed, ms } = await ask(plane, 'whole')
    expect(failed).toBeNull()
    expect((await plane.work.show(end?.task ?? '')).attempts.map(({ reason }) => reason)).toEqual([
      'none',
      'silent',
    ])
    expect(ms).toBeLessThan(15_000)
  })

  test.each([[true], [false]])(
    'a whole answer comes from another worker after an endless one (counting tokens: %s)',
    async (counts) => {
      const deeds: Deed[] = []
      const plane = await openPlane(3, deeds)
      deeds.push(endless((ms, signal) => plane.world.clock.sleep(ms, signal), counts))
      const { end, failed, ms } = await ask(plane, 'whole')
      expect(failed).toBeNull()
      expect((await plane.work.show(end?.task ?? '')).attempts.map(({ reason }) => reason)).toEqual([
        'none',
        'silent',
      ])
      // It is given up soon after what it gave became more than was asked for.
      expect(ms).toBeLessThan(counts ? 15_000 : 60_000)
    },
  )
})

describe('a streamed answer despite a bad worker', () => {
  test('a stream fails at once if its worker attests other text than it streamed', async () => {
    const plane = await openPlane(3, [garbles])
    const { text, failed, ms } = await ask(plane, 'stream')
    expect(text).toBe('Something else. ')
    expect(failed).toMatchObject({ code: 'RIPPLE_ANSWER_INVALID' })
    expect(ms).toBeLessThan(10_000)
  })

  test("a stream shows no more tokens than requested and ends with the next worker's answer", async () => {
    const plane = await openPlane(3, [tooMuch])
    const { text, end, failed } = await ask(plane, 'stream')
    expect(failed).toBeNull()
    expect([text, end?.text]).toEqual([plane.honest[0], plane.honest[0]])
    expect((await plane.work.show(end?.task ?? '')).attempts.length).toBe(2)
  })

  test('a stream stays the same if only its attested end was wrong', async () => {
    // It streams what an honest one does, and attests other bytes.
    const lies: Deed = async (job, honest, signal) => {
      const outcome = await honest(job, signal)
      return { ...outcome, text: `${outcome.text.slice(0, -1)}!` }
    }
    const plane = await openPlane(3, [lies])
    const { text, end, seams } = await ask(plane, 'stream')
    expect([text, end?.text, seams]).toEqual([plane.honest[0], plane.honest[0], 1])
  })

  test('a stream passes on an empty or senseless answer that nobody can judge', async () => {
    const nothing = await ask(await openPlane(2, [empty]), 'stream')
    expect([nothing.text, nothing.end?.text, nothing.end?.usage?.tokens_out]).toEqual(['', '', 0])
    const some = await ask(await openPlane(2, [garbage]), 'stream')
    expect([some.text, some.failed]).toEqual([some.end?.text, null])
  })
})

describe('an ask without a worker left', () => {
  test.each([['stream'], ['whole']] as const)(
    'an answer fails at once with the reason if no worker is left (%s)',
    async (how) => {
      const plane = await openPlane(2, [tooLong, tooLong])
      const { failed, ms } = await ask(plane, how, { key: 'a key of sixteen bytes' })
      expect(failed).toMatchObject({
        code: 'RIPPLE_ANSWER_KEY_SPENT',
        message: expect.stringContaining('failed: rejected (the output is longer than its tokens can be)'),
        hint: expect.stringContaining('task why'),
      })
      expect(ms).toBeLessThan(10_000)
      const task = await plane.work.show('a key of sixteen bytes')
      expect([task.state, task.ended?.why]).toEqual(['failed', 'nobody'])
      expect(task.attempts.length).toBeLessThan(task.max_attempts)
    },
  )

  test('an answer from a named machine fails at once after its bad result', async () => {
    const plane = await openPlane(3, [tooLong])
    const only = plane.workers[1]?.machine.agent ?? ''
    const { failed, ms } = await ask(plane, 'whole', { model: `peer:${only}/sim` })
    expect(failed).toMatchObject({ code: 'RIPPLE_ANSWER_FAILED' })
    expect(ms).toBeLessThan(10_000)
  })

  test('a worker that only failed is asked again', async () => {
    const fails: Deed = async () => {
      throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'it was told to' })
    }
    const plane = await openPlane(1, [fails])
    const { end, failed } = await ask(plane, 'whole')
    expect([failed, end?.text]).toEqual([null, plane.honest[0]])
    expect((await plane.work.show(end?.task ?? '')).attempts.map(({ reason }) => reason)).toEqual([
      'none',
      'failed',
    ])
  })
})
