import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { AuditFile } from '../../../host/policy/audit.ts'
import { type DecisionLine, segmentName, toText } from '../../../host/policy/audit-lines.ts'
import { type DecisionChoice, findDecisions, listDecisions } from '../../../host/policy/find-decisions.ts'

const bounds = { audit_segment_bytes: 2_048, audit_segments_max: 8, audit_sync_ms: 10 }
const digest = 'a'.repeat(64)
let made = 0

function line(subject: string, changes: Partial<DecisionLine> = {}): DecisionLine {
  made += 1
  return {
    type: 'decision',
    id: `decision ${made}`,
    point: 'post',
    subject,
    allow: true,
    rule: 'post.allow',
    reasons: [],
    policy: { name: 'post', digest, origin: 'shipped' },
    facts_digest: digest,
    facts: {},
    at: 1_800_000_000_000 + made,
    ...changes,
  }
}

/** A folder with these lines, over as many segments as they take. */
async function written(lines: readonly DecisionLine[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ripple-decisions-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const trouble = (error: Error) => {
    throw error
  }
  await using audit = new AuditFile({ folder, now: () => 1_800_000_000_000, trouble, bounds })
  for (const one of lines) await audit.append(one)
  return folder
}

const others = (count: number) =>
  Array.from({ length: count }, (_one, place) => line(`another task ${place}`))
const subjects = (found: readonly DecisionLine[]) => found.map(({ subject }) => subject)

test('decisions about a task are found by key and hash in every segment, oldest first', async () => {
  const folder = await written([
    line('key'),
    ...others(8),
    line('hash', { point: 'run' }),
    ...others(8),
    line('key'),
  ])
  expect(subjects(await findDecisions(folder, ['key', 'hash'], 9))).toEqual(['key', 'hash', 'key'])
  expect(await findDecisions(folder, ['nobody'], 9)).toEqual([])
  expect(await findDecisions(join(folder, 'not here'), ['key'], 9)).toEqual([])
})

test('decisions about a task include the egress and merge of its request alone', async () => {
  const facts = { trace_id: 'trace' }
  const folder = await written([
    line('key', { facts }),
    line('a sibling', { facts }),
    line('trace', { point: 'egress' }),
    line('merged', { point: 'merge', facts }),
    line('merged', { point: 'merge', facts: { trace_id: 'another trace' } }),
  ])
  expect(subjects(await findDecisions(folder, ['key'], 9))).toEqual(['key', 'trace', 'merged'])
  expect(subjects(await findDecisions(folder, ['trace'], 9))).toEqual(['key', 'a sibling', 'trace', 'merged'])
})

test('a bounded number of decisions is found, and those are the newest', async () => {
  const folder = await written(
    Array.from({ length: 20 }, (_one, place) => line('key', { rule: `post.r${place}` })),
  )
  const found = await findDecisions(folder, ['key'], 3)
  expect(found.map(({ rule }) => rule)).toEqual(['post.r17', 'post.r18', 'post.r19'])
})

test('look-alike, broken and endless lines do not count as decisions', async () => {
  const folder = await written([
    line('"subject":"key"', { rule: 'post.allow', facts: { x: '"subject":"key"' } }),
  ])
  const file = join(folder, segmentName(1))
  appendFileSync(file, `{"type":"decision","subject":"key"\n${toText(line('key')).trimEnd()}`)
  expect(await findDecisions(folder, ['key'], 9)).toEqual([])
  appendFileSync(file, '\n')
  expect(subjects(await findDecisions(folder, ['key'], 9))).toEqual(['key'])
  expect(subjects(await findDecisions(folder, ['"subject":"key"'], 9))).toEqual(['"subject":"key"'])
})

test('the newest decisions are listed by verdict, policy and a part of the subject', async () => {
  const refused = { allow: false, rule: 'run.model_denied', reasons: ['model_denied'] }
  const folder = await written([
    line('say "hi"', { point: 'run', ...refused }),
    ...others(8),
    line('hash', { point: 'run' }),
    ...others(8),
    line('hash', { ...refused, facts: { subject: 'key' } }),
  ])
  const all = { allow: null, point: null, subject: null }
  const listed = async (choice: Partial<DecisionChoice>, most = 99) =>
    subjects(await listDecisions(folder, { ...all, ...choice }, most))
  expect(await listed({}, 2)).toEqual(['hash', 'another task 7'])
  expect(await listed({ allow: false })).toEqual(['hash', 'say "hi"'])
  expect(await listed({ point: 'run' })).toEqual(['hash', 'say "hi"'])
  expect(await listed({ subject: 'y "h' })).toEqual(['say "hi"'])
  expect(await listed({ subject: 'has', allow: true })).toEqual(['hash'])
  expect(await listed({ subject: 'key' })).toEqual([])
})
