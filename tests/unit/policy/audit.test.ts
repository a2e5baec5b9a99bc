import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sha256Hex } from '../../../host/codec/digest.ts'
import { AuditFile } from '../../../host/policy/audit.ts'
import { type DecisionLine, fromText, segmentName } from '../../../host/policy/audit-lines.ts'
import { verifyAudit } from '../../../host/policy/verify-audit.ts'

const bounds = { audit_segment_bytes: 4_096, audit_segments_max: 4, audit_sync_ms: 10 }

function decision(place: number): DecisionLine {
  const digest = 'a'.repeat(64)
  return {
    type: 'decision',
    id: `decision ${place}`,
    point: 'post',
    subject: 'a task',
    allow: place % 2 === 0,
    rule: 'post.allow',
    reasons: [],
    policy: { name: 'post', digest, origin: 'shipped' },
    facts_digest: digest,
    facts: { class: 'inference' },
    at: 1_800_000_000_000 + place,
  }
}

const all = mkdtempSync(join(tmpdir(), 'ripple-audit-'))
afterAll(() => rmSync(all, { recursive: true, force: true }))

const freshFolder = () => mkdtempSync(join(all, 'one-'))

function openAudit(folder: string, changes: Partial<typeof bounds> = {}): AuditFile {
  const trouble = (error: Error) => {
    throw error
  }
  return new AuditFile({ folder, now: () => 1_800_000_000_000, trouble, bounds: { ...bounds, ...changes } })
}

/** A folder with so many decisions in it. */
async function filled(decisions: number, changes: Partial<typeof bounds> = {}): Promise<string> {
  const folder = freshFolder()
  await using audit = openAudit(folder, changes)
  for (let place = 0; place < decisions; place += 1) await audit.append(decision(place))
  return folder
}

const read = (folder: string, number: number) => readFileSync(join(folder, segmentName(number)), 'utf8')

test('simultaneous audit lines are all there, in order', async () => {
  const folder = freshFolder()
  await using audit = openAudit(folder, { audit_segment_bytes: 1 << 20 })
  await Promise.all(Array.from({ length: 100 }, (_one, place) => audit.append(decision(place))))
  const lines = read(folder, 1).trim().split('\n').map(fromText)
  expect(lines.slice(1)).toEqual(Array.from({ length: 100 }, (_one, place) => decision(place)))
  expect(await verifyAudit(folder)).toMatchObject({ decisions: 100, allowed: 50, refused: 50, problems: [] })
})

test('each audit segment is bounded and begins with the digest of the one before', async () => {
  const folder = await filled(30)
  const names = readdirSync(folder).sort()
  expect(names).toEqual([1, 2, 3].map(segmentName))
  for (const name of names)
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(bounds.audit_segment_bytes)
  for (const number of [2, 3]) {
    const before = sha256Hex(read(folder, number - 1))
    expect(fromText(read(folder, number).split('\n')[0] ?? '')).toMatchObject({ number, before })
  }
  expect(await verifyAudit(folder)).toMatchObject({ segments: 3, decisions: 30, problems: [] })
})

test('the oldest audit segments go beyond the bound, and the rest is whole', async () => {
  const folder = await filled(80)
  const report = await verifyAudit(folder)
  expect(report).toMatchObject({ segments: 4, problems: [] })
  expect(report.decisions).toBeLessThan(80)
  expect(report.since).toBeGreaterThan(1_800_000_000_000)
})

test('a restart continues the same audit segment', async () => {
  const folder = await filled(2)
  await using audit = openAudit(folder)
  await audit.append(decision(2))
  expect(readdirSync(folder)).toEqual([segmentName(1)])
  expect((await audit.last(2)).map(({ id }) => id)).toEqual(['decision 1', 'decision 2'])
  expect(await verifyAudit(folder)).toMatchObject({ decisions: 3, problems: [] })
})

test.each([
  [
    'a change',
    (folder: string) => writeFileSync(join(folder, segmentName(2)), read(folder, 2).replace('true', 'false')),
  ],
  [
    'a line that is gone',
    (folder: string) =>
      writeFileSync(join(folder, segmentName(2)), read(folder, 2).split('\n').slice(0, -2).join('\n')),
  ],
  [
    'a line that was added',
    (folder: string) => appendFileSync(join(folder, segmentName(2)), `${JSON.stringify(decision(99))}\n`),
  ],
])('%s in an older audit segment is detected', async (_name, tamper) => {
  const folder = await filled(30)
  tamper(folder)
  expect((await verifyAudit(folder)).problems).toEqual([
    `${segmentName(2)} is not as it was when ${segmentName(3)} was begun`,
  ])
})

test('a missing audit segment is detected', async () => {
  const folder = await filled(30)
  rmSync(join(folder, segmentName(2)))
  expect((await verifyAudit(folder)).problems).toEqual([`${segmentName(2)} is gone`])
})

test('a segment that replaced the first is detected', async () => {
  const folder = await filled(30)
  rmSync(join(folder, segmentName(1)))
  writeFileSync(join(folder, segmentName(2)), read(folder, 2).replace(/"before":"\w+"/, '"before":null'))
  expect((await verifyAudit(folder)).problems).toContain(
    `${segmentName(2)} names a segment before it that cannot be`,
  )
})

test('a foreign line in the audit is detected, also in the newest segment', async () => {
  const folder = await filled(2)
  appendFileSync(join(folder, segmentName(1)), 'hello\n')
  expect((await verifyAudit(folder)).problems).toEqual([
    `${segmentName(1)} has a line that was not written here: line 4`,
  ])
})

test('an audit line cut by a crash is reported and costs no other', async () => {
  const folder = await filled(2)
  appendFileSync(join(folder, segmentName(1)), '{"type":"decision","id":"hal')
  await using audit = openAudit(folder)
  await audit.append(decision(2))
  expect(await verifyAudit(folder)).toMatchObject({ decisions: 3, torn: 1, problems: [] })
})

test('an append to an unwritable audit rejects, and earlier lines stay', async () => {
  const folder = await filled(8)
  const before = read(folder, 1)
  // The next segment's name is taken by a folder, as a disk without room would refuse it.
  const audit = openAudit(folder, { audit_segment_bytes: 1 })
  mkdirSync(join(folder, segmentName(2)))
  await expect(audit.append(decision(9))).rejects.toThrow()
  expect(read(folder, 1)).toBe(before)
  await audit[Symbol.asyncDispose]()
})

test('a missing audit folder holds nothing', async () => {
  expect(await verifyAudit(join(freshFolder(), 'none'))).toMatchObject({
    segments: 0,
    decisions: 0,
    problems: [],
  })
})
