import { describe, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import type { Happening } from '../../../host/mesh/events.ts'
import { leaseEnd, lossOf } from '../../../host/mesh/lease.ts'
import type { Posted } from '../../../host/mesh/posted.ts'
import type { Message } from '../../../host/types/message.ts'
import { committed, grantEvent, now, peer, resultEvent, stateAfter, taskEvent } from './fixtures.ts'

const silenceMs = 5_000
const granted = [committed(taskEvent()), committed(grantEvent(1, 'a'))]

function heard(message: Message, at: number): Happening {
  return { type: 'message_received', from: 'a', message, at }
}

function postedOn(...happenings: Happening[]): Posted {
  return postedAfter([...granted, ...happenings])
}

function postedAfter(happenings: readonly Happening[]): Posted {
  const posted = stateAfter(happenings, [peer('a')]).tasks.get('task')
  if (!posted) throw new TypeError('the task was posted')
  return posted
}

const waits = { type: 'progress', task: 'task', attempt: 1, tokens_in: 0, tokens_out: 0, ran: false } as const
const started = { type: 'started', task: 'task', attempt: 1 } as const
const named = {
  type: 'result',
  task: 'task',
  attempt: 1,
  result: 'r',
  salt: null,
  key: null,
  claim: null,
} as const

test('a worker whose turn has not come has the whole lease', () => {
  const posted = postedOn(heard(waits, now + 1_000))
  expect(leaseEnd(posted, silenceMs)).toBe(now + 11_000)
  expect(lossOf(posted, now + 10_999, silenceMs)).toBeNull()
  expect(lossOf(posted, now + 11_000, silenceMs)).toBe('expired')
})

test('a worker in mid-answer is silent long before its lease ends', () => {
  const posted = postedOn(heard(started, now + 1_000), heard(waits, now + 2_000))
  expect(lossOf(posted, now + 6_999, silenceMs)).toBeNull()
  expect(lossOf(posted, now + 7_000, silenceMs)).toBe('silent')
})

test('a worker that only renews its lease is not waited for without end where somebody waits', () => {
  const talk = Array.from({ length: 60 }, (_, i) => heard(waits, now + 5_000 * i))
  const end = now + limits.first_start_ms
  const posted = postedOn(...talk)
  expect(lossOf(posted, end - 1, silenceMs)).toBeNull()
  expect(lossOf(posted, end, silenceMs)).toBe('expired')
  for (const changes of [{ priority: 'background' }, { max_attempts: 1 }] as const) {
    const patient = [committed(taskEvent(changes)), committed(grantEvent(1, 'a')), ...talk]
    expect(lossOf(postedAfter(patient), end, silenceMs)).toBeNull()
  }
  const late = postedOn(...talk.slice(0, 20), heard(started, end - 20_000), heard(waits, end - 1))
  expect(lossOf(late, end, silenceMs)).toBeNull()
})

test('the silence of the last attempt is waited out for its lease', () => {
  const only = [committed(taskEvent({ max_attempts: 1 })), committed(grantEvent(1, 'a'))]
  const posted = postedAfter([...only, heard(started, now + 1_000)])
  expect(lossOf(posted, now + 10_999, silenceMs)).toBeNull()
  expect(lossOf(posted, now + 11_000, silenceMs)).toBe('silent')
})

test('a worker that says that it has run names its result while it may yet try to write one, whatever it says', () => {
  const over = { ...waits, tokens_out: 8, ran: true }
  const end = now + 1_000 + limits.attest_patience_ms + 10_000
  const renewals = Array.from({ length: 90 }, (_, at) => heard(over, now + 1_000 * (at + 1)))
  const deadlines_ms = { queue: 60_000, run: 600_000, total: 600_000 }
  const begun = [
    committed(taskEvent({ deadlines_ms })),
    committed(grantEvent(1, 'a')),
    ...[heard(started, now), ...renewals],
  ]
  expect(lossOf(postedAfter(begun), end - 1, silenceMs)).toBeNull()
  expect(lossOf(postedAfter(begun), end, silenceMs)).toBe('expired')
  expect(lossOf(postedAfter([...begun, heard(named, end - 1)]), end, silenceMs)).toBeNull()
})

test('a worker that has named its result waits for the poster, not the other way round', () => {
  const posted = postedOn(heard(started, now + 1_000), heard(named, now + 2_000))
  expect(lossOf(posted, now + 11_999, silenceMs)).toBeNull()
  expect(lossOf(posted, now + 12_000, silenceMs)).toBe('silent')
})

test('a worker whose output cannot be fetched holds the task no longer than two fetches may take', () => {
  const found: Happening = {
    type: 'results_found',
    task: 'task',
    events: [resultEvent(1, 'a')],
    at: now + 1_000,
  }
  const talk = Array.from({ length: 60 }, (_, i) => heard({ ...named, result: 'result 1' }, now + 5_000 * i))
  const end = now + 1_000 + 2 * limits.artifact_fetch_ms
  const posted = postedOn(heard(started, now), found, ...talk)
  expect(lossOf(posted, end - 1, silenceMs)).toBeNull()
  expect(lossOf(posted, end, silenceMs)).toBe('expired')
  const verdict = { ok: true, why: 'ok', checks: [] }
  const checked: Happening = { type: 'checked', task: 'task', authority: 'grant 1', verdict }
  expect(lossOf(postedOn(heard(started, now), found, checked, ...talk), end, silenceMs)).toBeNull()
})

test('a run that goes on and on ends with its own deadline', () => {
  const text = { type: 'tokens', task: 'task', attempt: 1, offset: 0, text: 'a', last: false } as const
  const talk = Array.from({ length: 60 }, (_, second) =>
    heard({ ...text, tokens_out: second }, now + 1_000 * second),
  )
  const posted = postedOn(heard(started, now), ...talk)
  expect(lossOf(posted, now + 60_000, silenceMs)).toBe('expired')
})

test('a claim that comes twice is none for the next attempt', () => {
  const claim = heard({ type: 'claim', task: 'task' }, now + 1)
  expect(postedOn(claim).claims.size).toBe(0)
  expect(
    postedOn(heard({ type: 'released', task: 'task', attempt: 1, reason: 'busy' }, now), claim).claims.size,
  ).toBe(1)
})

describe('a worker that speaks and gives no text', () => {
  const talks = (from: number, seconds: number) =>
    Array.from({ length: seconds }, (_, second) => heard(waits, from + 1_000 * (second + 1)))
  const text = { type: 'tokens', task: 'task', attempt: 1, offset: 0, text: 'a', tokens_out: 1 } as const
  const deadlines_ms = { queue: 60_000, run: 600_000, total: 660_000 }

  test('is silent when the first piece does not come in time', () => {
    const bytes = postedOn().task.entry.payload_bytes
    const first = limits.first_token_ms + bytes * limits.first_token_ms_per_byte
    const posted = postedOn(heard(started, now), ...talks(now, first / 1_000))
    expect(lossOf(posted, now + first - 1, silenceMs)).toBe(null)
    expect(lossOf(posted, now + first, silenceMs)).toBe('silent')
  })

  test('is waited for while it reads on, and is silent soon after it has stopped', () => {
    const payload_bytes = 100_000
    const reads = [10, 35, 60].map((second, index) =>
      heard({ ...waits, tokens_in: 128 * (index + 1) }, now + 1_000 * second),
    )
    const talk = (seconds: number, tokens_in: number) =>
      Array.from({ length: seconds }, (_, second) => heard({ ...waits, tokens_in }, now + 1_000 * second))
    const long = [committed(taskEvent({ payload_bytes, deadlines_ms })), committed(grantEvent(1, 'a'))]
    const stuck = [...long, heard(started, now), ...reads, ...talk(95, 128 * 3)]
    const end = now + 60_000 + limits.first_token_ms
    expect(lossOf(postedAfter(stuck), end - 1, silenceMs)).toBe(null)
    expect(lossOf(postedAfter(stuck), end, silenceMs)).toBe('silent')
    // Where its first word was lost, that it reads says that it has begun.
    expect(lossOf(postedAfter([...long, ...reads, ...talk(95, 128 * 3)]), end, silenceMs)).toBe('silent')
    // Whoever reads all at once has nothing to tell meanwhile.
    const quiet = [...long, heard(started, now), ...talk(95, 0)]
    expect(lossOf(postedAfter(quiet), end, silenceMs)).toBe(null)
  })

  test('is silent when the next piece does not come in time, unless it has said that it ended', () => {
    const end = now + limits.next_token_ms
    const stuck = postedOn(heard({ ...text, last: false }, now), ...talks(now, 5))
    expect(lossOf(stuck, end - 1, silenceMs)).toBe(null)
    expect(lossOf(stuck, end, silenceMs)).toBe('silent')
    const done = postedOn(heard({ ...text, last: true }, now), ...talks(now, 5))
    expect(lossOf(done, end, silenceMs)).toBe(null)
  })
})
