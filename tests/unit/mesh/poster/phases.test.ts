import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { lossOf, nextDue, phases } from '../../../../host/mesh/poster/phases.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { Posted } from '../../../../host/mesh/state/posted.ts'
import type { MeshState } from '../../../../host/mesh/state/state.ts'
import type { Message, RefusalCode } from '../../../../host/types/message.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import { committed, grantEvent, now, peer, resultEvent, stateAfter, taskEvent } from '../fixtures.ts'

const granted = [committed(taskEvent()), committed(grantEvent(1, 'a'))]

function heard(message: Message, at: number): MeshInput {
  return { type: 'message_received', from: 'a', message, at }
}

/** A task whose worker said so much, by a poster that knows of these peers. */
interface Stage {
  readonly state: MeshState
  readonly posted: Posted
}

function postedOn(...inputs: MeshInput[]): Stage {
  return postedAfter([...granted, ...inputs])
}

function postedAfter(inputs: readonly MeshInput[], others: readonly Peer[] = []): Stage {
  const state = stateAfter(inputs, [peer('a'), ...others])
  const posted = state.open.get('task')
  if (!posted) throw new TypeError('the task was posted')
  return { state, posted }
}

/** Whether it was lost by a time, and why. */
function lossAt({ state, posted }: Stage, at: number) {
  return lossOf(state, posted, at)?.why ?? null
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

test('the page on the task protocol names each phase and each of its deadlines', async () => {
  const page = await readFile('docs/task-protocol.md', 'utf8')
  for (const [phase, deadlines] of Object.entries(phases)) {
    expect(page).toContain(`\`${phase}\``)
    for (const { limit } of deadlines) expect(page).toContain(`\`${limit}\``)
  }
})

test('a worker whose turn has not come has the whole lease', () => {
  const posted = postedOn(heard(waits, now + 1_000))
  expect(nextDue(posted.state, posted.posted, now + 1_000)?.at).toBe(now + 11_000)
  expect(lossAt(posted, now + 10_999)).toBeNull()
  expect(lossAt(posted, now + 11_000)).toBe('expired')
})

test('a worker in mid-answer counts as silent long before its lease ends', () => {
  const posted = postedOn(heard(started, now + 1_000), heard(waits, now + 2_000))
  expect(lossAt(posted, now + 6_999)).toBeNull()
  expect(lossAt(posted, now + 7_000)).toBe('silent')
})

describe('a worker that only renews its lease', () => {
  const talk = Array.from({ length: 60 }, (_, i) => heard(waits, now + 5_000 * i))
  const end = now + limits.first_start_ms
  /** A peer that is there then. */
  const b = { ...peer('b'), seenAt: end }

  test('a worker that only renews its lease is given up after a while', () => {
    const posted = postedAfter([...granted, ...talk], [b])
    expect(lossAt(posted, end - 1)).toBeNull()
    expect(lossAt(posted, end)).toBe('expired')
    for (const changes of [{ priority: 'background' }, { max_attempts: 1 }] as const) {
      const patient = [committed(taskEvent(changes)), committed(grantEvent(1, 'a')), ...talk]
      expect(lossAt(postedAfter(patient, [b]), end)).toBeNull()
    }
    const late = [...granted, ...talk.slice(0, 20), heard(started, end - 20_000), heard(waits, end - 1)]
    expect(lossAt(postedAfter(late, [b]), end)).toBeNull()
  })

  test('a worker that only renews is waited for while nobody else would take the task', () => {
    const stands = (others: readonly Peer[], ...more: MeshInput[]) =>
      lossAt(postedAfter([...granted, ...talk, ...more], others), end) === null
    const refuses = (code: RefusalCode, retry_after_ms: number | null): MeshInput => {
      const message = { type: 'refuse', task: 'task', code, policy_hash: null, retry_after_ms } as const
      return { type: 'message_received', from: 'b', message, at: end }
    }
    const only: MeshInput = { type: 'only_wanted', id: taskEvent().entry.id, agent: 'a' }
    expect(stands([b])).toBe(false)
    expect(stands([])).toBe(true)
    expect(stands([{ ...b, seenAt: end - limits.first_start_ms }])).toBe(true)
    expect(stands([{ ...b, card: peer('b', { models: [] }).card }])).toBe(true)
    expect(stands([b], refuses('policy_refuses', null))).toBe(true)
    expect(stands([b], only)).toBe(true)
  })

  test('a worker that only renews is waited for until a busy peer has rested', () => {
    const busy = {
      type: 'refuse',
      task: 'task',
      code: 'busy',
      policy_hash: null,
      retry_after_ms: 30_000,
    } as const
    const said: MeshInput = { type: 'message_received', from: 'b', message: busy, at: end }
    const posted = postedAfter([...granted, ...talk, said], [{ ...b, seenAt: end + 30_000 }])
    const rested = nextDue(posted.state, posted.posted, end)?.at ?? 0
    expect(rested).toBeGreaterThanOrEqual(end + 30_000)
    expect(lossAt(posted, rested - 1)).toBeNull()
    expect(lossAt(posted, rested)).toBe('expired')
  })
})

test('a silent last attempt is waited for until its lease ends', () => {
  const only = [committed(taskEvent({ max_attempts: 1 })), committed(grantEvent(1, 'a'))]
  const posted = postedAfter([...only, heard(started, now + 1_000)])
  expect(lossAt(posted, now + 10_999)).toBeNull()
  expect(lossAt(posted, now + 11_000)).toBe('silent')
})

test('a worker that has run is waited for while it may still write its result', () => {
  const over = { ...waits, tokens_out: 8, ran: true }
  const end = now + 1_000 + limits.attest_patience_ms + 10_000
  const renewals = Array.from({ length: 90 }, (_, at) => heard(over, now + 1_000 * (at + 1)))
  const deadlines_ms = { queue: 60_000, run: 600_000, total: 600_000 }
  const begun = [
    committed(taskEvent({ deadlines_ms })),
    committed(grantEvent(1, 'a')),
    ...[heard(started, now), ...renewals],
  ]
  expect(lossAt(postedAfter(begun), end - 1)).toBeNull()
  expect(lossAt(postedAfter(begun), end)).toBe('expired')
  expect(lossAt(postedAfter([...begun, heard(named, end - 1)]), end)).toBeNull()
})

test('a worker that named its result waits for the poster', () => {
  const posted = postedOn(heard(started, now + 1_000), heard(named, now + 2_000))
  expect(lossAt(posted, now + 11_999)).toBeNull()
  expect(lossAt(posted, now + 12_000)).toBe('silent')
})

test('a worker whose output cannot be fetched keeps the task for two fetches at most', () => {
  const found: MeshInput = {
    type: 'results_found',
    task: 'task',
    events: [resultEvent(1, 'a')],
    at: now + 1_000,
  }
  const talk = Array.from({ length: 60 }, (_, i) => heard({ ...named, result: 'result 1' }, now + 5_000 * i))
  const end = now + 1_000 + 2 * limits.artifact_fetch_ms
  const posted = postedOn(heard(started, now), found, ...talk)
  expect(lossAt(posted, end - 1)).toBeNull()
  expect(lossAt(posted, end)).toBe('expired')
  const verdict = { ok: true, why: 'ok', checks: [] }
  const checked: MeshInput = { type: 'checked', task: 'task', authority: 'grant 1', verdict }
  expect(lossAt(postedOn(heard(started, now), found, checked, ...talk), end)).toBeNull()
})

test('a run that goes on and on ends with its own deadline', () => {
  const text = { type: 'tokens', task: 'task', attempt: 1, offset: 0, text: 'a', last: false } as const
  const talk = Array.from({ length: 60 }, (_, second) =>
    heard({ ...text, tokens_out: second }, now + 1_000 * second),
  )
  const posted = postedOn(heard(started, now), ...talk)
  expect(lossAt(posted, now + 60_000)).toBe('expired')
})

test('a repeated claim is no claim on the next attempt', () => {
  const claim = heard({ type: 'claim', task: 'task' }, now + 1)
  expect(postedOn(claim).posted.claims.size).toBe(0)
  expect(
    postedOn(heard({ type: 'released', task: 'task', attempt: 1, reason: 'busy' }, now), claim).posted.claims
      .size,
  ).toBe(1)
})

describe('a worker without text', () => {
  const talks = (from: number, seconds: number) =>
    Array.from({ length: seconds }, (_, second) => heard(waits, from + 1_000 * (second + 1)))
  const text = { type: 'tokens', task: 'task', attempt: 1, offset: 0, text: 'a', tokens_out: 1 } as const
  const deadlines_ms = { queue: 60_000, run: 600_000, total: 660_000 }

  test('a worker without text counts as silent when its first piece is late', () => {
    const bytes = postedOn().posted.task.entry.payload_bytes
    const first = limits.first_token_ms + bytes * limits.first_token_ms_per_byte
    const posted = postedOn(heard(started, now), ...talks(now, first / 1_000))
    expect(lossAt(posted, now + first - 1)).toBe(null)
    expect(lossAt(posted, now + first)).toBe('silent')
  })

  test('a worker that reads on is waited for, and counts as silent soon after it stops', () => {
    const payload_bytes = 100_000
    const reads = [10, 35, 60].map((second, index) =>
      heard({ ...waits, tokens_in: 128 * (index + 1) }, now + 1_000 * second),
    )
    const talk = (seconds: number, tokens_in: number) =>
      Array.from({ length: seconds }, (_, second) => heard({ ...waits, tokens_in }, now + 1_000 * second))
    const long = [committed(taskEvent({ payload_bytes, deadlines_ms })), committed(grantEvent(1, 'a'))]
    const stuck = [...long, heard(started, now), ...reads, ...talk(95, 128 * 3)]
    const end = now + 60_000 + limits.first_token_ms
    expect(lossAt(postedAfter(stuck), end - 1)).toBe(null)
    expect(lossAt(postedAfter(stuck), end)).toBe('silent')
    // If its start message was lost, its reading shows that it has begun.
    expect(lossAt(postedAfter([...long, ...reads, ...talk(95, 128 * 3)]), end)).toBe('silent')
    // A worker that reads all at once has no progress to report.
    const quiet = [...long, heard(started, now), ...talk(95, 0)]
    expect(lossAt(postedAfter(quiet), end)).toBe(null)
  })

  test('the wait for a reading worker is bounded if another peer could be asked', () => {
    const { payload_bytes } = taskEvent().entry
    const end = now + limits.first_token_ms + payload_bytes * limits.first_token_ms_per_byte
    const reads = (attempt: number) =>
      Array.from({ length: 400 }, (_, second) =>
        heard({ ...waits, attempt, tokens_in: second + 1 }, now + 1_000 * second),
      )
    const others = (until: number) => [{ ...peer('b'), seenAt: until }]
    const first = [committed(taskEvent({ deadlines_ms })), committed(grantEvent(1, 'a'))]
    expect(lossAt(postedAfter([...first, ...reads(1)], others(end)), end - 1)).toBeNull()
    expect(lossAt(postedAfter([...first, ...reads(1)], others(end)), end)).toBe('silent')
    expect(lossAt(postedAfter([...first, ...reads(1)]), end)).toBeNull()
    // The prefix by another worker is read as well.
    const { entry, ...grant } = grantEvent(2, 'a')
    const goesOn = [...first, committed({ ...grant, entry: { ...entry, prefix_digest: 'd' } }), ...reads(2)]
    const later = end + limits.first_token_prefix_ms
    expect(lossAt(postedAfter(goesOn, others(later)), later - 1)).toBeNull()
    expect(lossAt(postedAfter(goesOn, others(later)), later)).toBe('silent')
  })

  test('the wait for a worker that only counts tokens is bounded if others could be asked', () => {
    const begun = [committed(taskEvent({ deadlines_ms })), committed(grantEvent(1, 'a'))]
    const counts = Array.from({ length: 200 }, (_, second) =>
      heard({ ...waits, tokens_out: second + 2 }, now + 1_000 * second),
    )
    const piece = heard({ ...text, last: false }, now)
    const others = (until: number) => [{ ...peer('b'), seenAt: until }]
    const end = now + limits.counted_only_ms
    expect(lossAt(postedAfter([...begun, piece, ...counts], others(end)), end - 1)).toBeNull()
    expect(lossAt(postedAfter([...begun, piece, ...counts], others(end)), end)).toBe('silent')
    expect(lossAt(postedAfter([...begun, piece, ...counts]), end)).toBeNull()
    // A count that does not rise is no word of getting on.
    const stuck = [...begun, piece, ...counts.slice(0, 10), ...talks(now + 9_000, 20)]
    const last = now + 9_000 + limits.next_token_ms
    expect(lossAt(postedAfter(stuck), last - 1)).toBeNull()
    expect(lossAt(postedAfter(stuck), last)).toBe('silent')
    // Without a first piece the count has as long from the beginning.
    expect(lossAt(postedAfter([...begun, heard(started, now), ...counts], others(end)), end - 1)).toBeNull()
    expect(lossAt(postedAfter([...begun, heard(started, now), ...counts], others(end)), end)).toBe('silent')
  })

  test('a worker counts as silent when its next piece is late, unless its text has ended', () => {
    const end = now + limits.next_token_ms
    const stuck = postedOn(heard({ ...text, last: false }, now), ...talks(now, 5))
    expect(lossAt(stuck, end - 1)).toBe(null)
    expect(lossAt(stuck, end)).toBe('silent')
    const done = postedOn(heard({ ...text, last: true }, now), ...talks(now, 5))
    expect(lossAt(done, end)).toBe(null)
  })
})
