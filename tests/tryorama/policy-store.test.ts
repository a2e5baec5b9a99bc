import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditRecord, Decision, Policy } from '../../zomes-bindings/generated/policy-store.ts'
import { policyStore } from '../../zomes-bindings/policy-store.ts'
import { sha256Hex } from '../harness/sha256.ts'
import { until } from '../harness/until.ts'
import { openPair, type Pair, whenThere } from './pair.ts'

const BUCKET_MS = 3_600_000
const DIGEST = 'cd'.repeat(32)

const signal = AbortSignal.timeout(900_000)

let pair: Pair
beforeAll(async () => {
  pair = await openPair('policy_store')
})
afterAll(() => pair[Symbol.asyncDispose]())

function policy(version: number, prev: string | null, changes: Partial<Policy> = {}): Policy {
  const source = `package tool\nversion := ${version}\n`
  return {
    dna_hash: pair.dnaHash,
    name: 'tool_policy',
    version,
    source,
    source_digest: sha256Hex(source),
    wasm_digest: DIGEST,
    wasm_cid: null,
    publisher: pair.peers[0].agent,
    prev,
    ...changes,
  }
}

test('versions of a policy arrive in order, and nobody continues a stranger’s', async () => {
  const [anna, bert] = pair.peers
  const [hers, his] = [policyStore(anna.call), policyStore(bert.call)]
  const first = await hers.policies.publish(policy(1, null), signal)
  const second = await hers.policies.publish(policy(2, first), signal)
  const wanted = { name: 'tool_policy', publisher: anna.agent }
  await until('both versions arrive', async () => (await his.policies.history(wanted, signal)).length === 2)

  expect((await his.policies.history(wanted, signal)).map(({ hash }) => hash)).toEqual([first, second])
  expect((await his.policies.byName('tool_policy', signal)).map(({ hash }) => hash)).toEqual([second])
  const continued = policy(3, second, { publisher: bert.agent })
  const refused = whenThere(() => his.policies.publish(continued, signal))
  await expect(refused).rejects.toThrow(/another publisher/)
  await his.policies.publish(policy(1, null, { publisher: bert.agent }), signal)
  expect(await his.policies.byName('tool_policy', signal)).toHaveLength(2)
})

test('a policy whose digest, version or publisher is false is refused', async () => {
  const [anna, bert] = pair.peers
  const hers = policyStore(anna.call)
  await expect(hers.policies.publish(policy(1, null, { source_digest: DIGEST }), signal)).rejects.toThrow(
    /source_digest/,
  )
  await expect(hers.policies.publish(policy(2, null), signal)).rejects.toThrow(/version 1/)
  const borrowed = policy(1, null, { publisher: bert.agent })
  await expect(hers.policies.publish(borrowed, signal)).rejects.toThrow(/publisher is not the author/)
})

test('decisions are found by author and hour', async () => {
  const [anna, bert] = pair.peers
  const [hers, his] = [policyStore(anna.call), policyStore(bert.call)]
  const at = Date.now()
  await hers.decisions.record(decision(at, true, []), signal)
  await hers.decisions.record(decision(at, false, ['model_missing']), signal)
  await hers.decisions.record(decision(at - 2 * BUCKET_MS, true, []), signal)
  const wanted = { author: anna.agent, bucket: Math.floor(at / BUCKET_MS) }
  await until('the decisions arrive', async () => (await his.decisions.recent(wanted, signal)).length === 2)

  expect((await his.decisions.recent(wanted, signal)).map(({ entry }) => entry.allow)).toEqual([true, false])
  await expect(hers.decisions.record(decision(at, false, []), signal)).rejects.toThrow(/reason/)
})

test('seals of an audit log follow each other', async () => {
  const [anna, bert] = pair.peers
  const [hers, his] = [policyStore(anna.call), policyStore(bert.call)]
  const first = await hers.audit.append(seal(null, 10, 20), signal)
  await hers.audit.append(seal(first, 20, 30), signal)
  await until('both seals arrive', async () => (await his.audit.list(anna.agent, signal)).length === 2)

  await expect(hers.audit.append(seal(first, 5, 30), signal)).rejects.toThrow(/starts where/)
  const appended = whenThere(() => his.audit.append(seal(first, 20, 30), signal))
  await expect(appended).rejects.toThrow(/another author/)
})

function decision(at: number, allow: boolean, reasons: string[]): Decision {
  const dna_hash = pair.dnaHash
  const named = { name: 'tool_policy', digest: DIGEST }
  return { dna_hash, policy: named, rule: 'run.allow', subject: 'smollm2', allow, reasons, at }
}

function seal(prev: string | null, from: number, to: number): AuditRecord {
  const dna_hash = pair.dnaHash
  return { dna_hash, kind: 'decisions', digest: DIGEST, prev, count: 3, from, to }
}
