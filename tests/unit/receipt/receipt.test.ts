import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode, encode } from '@ipld/dag-cbor'
import { describe, expect, test } from 'vitest'
import type { Dht } from '../../../host/dht/port.ts'
import type { Engine, RunJob } from '../../../host/engine/port.ts'
import { DEFAULT_MODEL, findModel } from '../../../host/models/catalogue.ts'
import { assembleReceipt } from '../../../host/receipt/assemble.ts'
import { redactReceipt } from '../../../host/receipt/redact.ts'
import { replayReceipt } from '../../../host/receipt/replay.ts'
import { findSiblings } from '../../../host/receipt/siblings.ts'
import { revealedPayload, verifyReceipt } from '../../../host/receipt/verify.ts'
import { openRules } from '../../../host/rules/rules.ts'
import type { EventOf, MeshEvent, SignedBytes } from '../../../host/types/events.ts'

/** Written by the ignored test `write_the_fixture` of `dnas/shared`. */
const fixture = Uint8Array.from(readFileSync(join(import.meta.dirname, 'fixtures/answer.receipt')))
const FLIPS = 200

const rules = await openRules()
const signal = new AbortController().signal
const { summary } = verifyReceipt(fixture, rules)

interface Parts {
  readonly task: SignedBytes
  readonly grants: SignedBytes[]
  readonly result: SignedBytes
  readonly close: SignedBytes
  readonly reveal: Record<string, Uint8Array>
}
const parts: Parts = decode(fixture)

/** The events of the fixture as a network holds them; `extra` are further ones of the poster. */
function network(extra: readonly MeshEvent[] = []): Dht {
  const base = { dna_hash: summary.dna, task: summary.task, prev: summary.task }
  const at = 1_700_000_000_000
  const [grant = ''] = summary.grants
  const close = summary.close ?? ''
  const event = (hash: string, author: string, seq: number, entry: object) =>
    ({ hash, author, seq, at, entry }) as MeshEvent
  const events = [
    event(summary.task, summary.poster, 5, { ...taskEntry(), dna_hash: summary.dna }),
    event(grant, summary.poster, 6, {
      ...base,
      type: 'Grant',
      attempt: 1,
      worker: summary.worker,
      lease_ms: 30_000,
      reason: 'none',
      prefix_digest: null,
    }),
    event(summary.result, summary.worker, 5, resultEntry(grant)),
    event(close, summary.poster, 7, {
      ...base,
      type: 'Close',
      prev: grant,
      outcome: 'accepted',
      result: summary.result,
      superseded: [],
      checks: summary.checks,
    }),
    ...extra,
  ]
  const bytes = new Map([
    [summary.task, parts.task],
    [grant, parts.grants[0]],
    [summary.result, parts.result],
    [close, parts.close],
  ])
  return {
    agent: summary.poster,
    dnaHash: summary.dna,
    dnaHashes: [summary.dna],
    commit: () => Promise.reject(new Error('a receipt writes nothing')),
    ownEvents: async () => [],
    get: async (hash) => events.find((one) => one.hash === hash) ?? null,
    results: async () => events.filter(({ entry }) => entry.type === 'Result'),
    fallbackTasks: async () => [],
    closes: async () => events.filter(({ entry }) => entry.type === 'Close'),
    eventsBy: async (author) =>
      events.filter(
        (one) => one.author === author && (one.entry.type === 'Grant' || one.entry.type === 'Close'),
      ),
    holders: async () => 1,
    signed: async (hash) => bytes.get(hash) ?? null,
  }
}

function taskEntry(): Omit<EventOf<'Task'>['entry'], 'dna_hash'> {
  return {
    type: 'Task',
    id: summary.task_id,
    class: 'inference',
    work: summary.work,
    requirements: { cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] },
    payload_digest: 'a'.repeat(64),
    payload_bytes: 1,
    sensitivity: 'private',
    deterministic: null,
    deadlines_ms: { queue: 60_000, run: 60_000, total: 60_000 },
    lease_ms: 30_000,
    max_attempts: 3,
    redundancy: 1,
    depends_on: [],
    priority: 'interactive',
    placement: { prefer: 'any', strategy: 'locality_aware_binpack' },
    fallback: null,
    created_at: summary.created_at,
  }
}

function resultEntry(authority: string): EventOf<'Result'>['entry'] {
  const { dna, task, attempt, output, model_digest, engine_build, backend_class, parameters, seed, usage } =
    summary
  return {
    type: 'Result',
    dna_hash: dna,
    task,
    authority,
    attempt,
    status: { type: 'ok' },
    output,
    model_digest,
    template_digest: null,
    engine_build,
    backend_class,
    parameters,
    seed,
    usage,
    policy_hash: null,
  }
}

/** A small generator that gives the same numbers each time. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state >>> 8
  }
}

describe('verify', () => {
  test('a verified receipt shows who asked, computed and accepted', () => {
    const verified = verifyReceipt(fixture, rules)
    expect(verified.one_sided).toBe(false)
    expect(verified.summary.prompt).toBe('Name three primes.')
    expect(verified.shown.join('\n')).toContain('the poster accepted it')
  })

  test(`${FLIPS} random flips of a receipt are refused, each with the wrong part`, () => {
    const random = numbers(1)
    const next = (below: number): number => Number(random.next().value) % below
    for (let n = 0; n < FLIPS; n += 1) {
      const flipped = Uint8Array.from(fixture)
      const at = next(fixture.length)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << next(8))
      const report = rules.verifyReceipt(flipped)
      expect(report.ok).toBe(false)
      expect(report.problem?.where).not.toBe('')
    }
  })

  test('the error of a receipt names the wrong part', () => {
    const touched = encode({ ...parts, reveal: { ...parts.reveal, output: Buffer.from('2, 3, 7') } })
    expect(() => verifyReceipt(touched, rules)).toThrow(/reveal\.output: .*output_digest/)
  })
})

describe('assemble', () => {
  const { payload, payload_salt, output, output_salt, output_key } = parts.reveal
  const secrets = {
    payload: payload ?? null,
    payload_salt: payload_salt ?? null,
    output: output ?? null,
    output_salt: output_salt ?? null,
    output_key: output_key ?? null,
    prefix_bytes: null,
  }

  test("an assembled receipt has the same bytes as Rust's", async () => {
    const made = await assembleReceipt({ dht: network(), rules, secrets }, summary.task, signal)
    expect(Buffer.from(made).equals(Buffer.from(fixture))).toBe(true)
  })

  test.each(['the activity of its poster', 'the link from its task'])(
    'a Close is found though it has not come by %s yet',
    async (late) => {
      const whole = network()
      const grants = (await whole.eventsBy(summary.poster, summary.task, signal)).slice(0, 1)
      const without = late.includes('link') ? { closes: async () => [] } : { eventsBy: async () => grants }
      const made = await assembleReceipt(
        { dht: { ...whole, ...without }, rules, secrets },
        summary.task,
        signal,
      )
      expect(Buffer.from(made).equals(Buffer.from(fixture))).toBe(true)
    },
  )

  test('an assembly says which event is missing', async () => {
    const dht = { ...network(), signed: async () => null }
    const made = assembleReceipt({ dht, rules, secrets }, summary.task, signal)
    await expect(made).rejects.toMatchObject({ code: 'RIPPLE_EVENT_UNKNOWN' })
  })
})

describe('redact', () => {
  test('a redacted receipt verifies, and the report says what is missing', async () => {
    const redacted = redactReceipt(fixture, rules)
    expect(decode<Parts>(redacted)).toEqual({ ...parts, reveal: {} })
    for (const secret of Object.values(parts.reveal))
      expect(Buffer.from(redacted).includes(secret)).toBe(false)
    const { one_sided, summary: shown, not_shown } = verifyReceipt(redacted, rules)
    expect({ one_sided, ...shown }).toEqual({
      one_sided: false,
      ...summary,
      prompt: null,
      answer: null,
      cid_checked: false,
    })
    expect(not_shown.join()).toContain('the prompt is not revealed')
    expect(not_shown.join()).toContain('the answer is not revealed')
  })

  test('an invalid receipt is not redacted', () => {
    const touched = encode({ ...parts, reveal: { ...parts.reveal, output: Buffer.from('2, 3, 7') } })
    expect(() => redactReceipt(touched, rules)).toThrow(/output_digest/)
  })
})

describe('siblings', () => {
  test('an honest list has no siblings', async () => {
    expect(await findSiblings(network(), rules, summary, signal)).toEqual([])
  })

  test('a second event after the same one is shown as a sibling', async () => {
    const honest = network()
    const close = (await honest.closes(summary.task, signal))[0]
    if (close?.entry.type !== 'Close') expect.unreachable()
    const second = {
      ...close,
      hash: summary.result,
      seq: 9,
      entry: { ...close.entry, outcome: 'cancelled' as const, result: null },
    }
    const found = await findSiblings(network([second]), rules, summary, signal)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain('contradicts itself')
  })
})

describe('replay', () => {
  const whole = { summary, payload: revealedPayload(fixture) }
  const engine = (text: string, backendClass: string, model: string | null): Engine => ({
    build: 'engine 1',
    backendClass,
    models: () =>
      model === null ? [] : [{ name: 'tiny', sha256: model, path: '', bytes: 1, context_tokens: 1 }],
    gpu: null,
    slots: 1,
    busyMs: () => 0,
    loaded: () => [],
    memoryBudget: () => Number.POSITIVE_INFINITY,
    load: async () => {},
    unload: async () => false,
    run: async () => ({ text, finish: 'stop', usage: summary.usage, template_digest: null }),
    [Symbol.asyncDispose]: async () => {},
  })

  test.each([
    ['2, 3, 5', true],
    ['2, 3, 7', false],
  ])('a replay is compared by its text: %s', async (text, same) => {
    const again = await replayReceipt(engine(text, 'cpu-x64', summary.model_digest), whole, signal)
    expect(again.same).toBe(same)
  })

  test('a replay needs the text before the attempt and continues it', async () => {
    const continued = { ...whole, summary: { ...summary, continued: true, prefix_bytes: 4 } }
    const rest = engine(', 5', 'cpu-x64', summary.model_digest)
    const jobs: RunJob[] = []
    const noting: Engine = {
      ...rest,
      run: (job, stop) => {
        jobs.push(job)
        return rest.run(job, stop)
      },
    }
    await replayReceipt(noting, continued, signal)
    expect(jobs[0]).toMatchObject({ prefix: '2, 3', alone: true, input: { text: 'Name three primes.' } })
    expect((await replayReceipt(rest, continued, signal)).same).toBe(true)
    const hidden = { ...continued, summary: { ...continued.summary, prefix_bytes: null } }
    await expect(replayReceipt(rest, hidden, signal)).rejects.toMatchObject({
      code: 'RIPPLE_REPLAY_IMPOSSIBLE',
    })
  })

  test('a replay refuses another class of machine and a missing model', async () => {
    await expect(replayReceipt(engine('', 'gpu', summary.model_digest), whole, signal)).rejects.toMatchObject(
      {
        code: 'RIPPLE_REPLAY_IMPOSSIBLE',
      },
    )
    await expect(replayReceipt(engine('', 'cpu-x64', null), whole, signal)).rejects.toMatchObject({
      code: 'RIPPLE_REPLAY_IMPOSSIBLE',
      message: expect.stringContaining(`sha256 ${summary.model_digest}`),
    })
    const pinned = { ...whole, summary: { ...summary, model_digest: findModel(DEFAULT_MODEL).sha256 } }
    await expect(replayReceipt(engine('', 'cpu-x64', null), pinned, signal)).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_MISSING',
      hint: `fetch it with 'ripple model pull ${DEFAULT_MODEL}'`,
    })
  })
})
