import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRules } from '../../../../../host/rules/rules.ts'
import { openRulesWasm } from '../../../../../host/rules/rules-wasm.ts'
import { redacted, reveals, signedEntries } from '../../../../../host/ui/views/receipts/signed-entries.ts'
import { verifyBytes } from '../../../../../host/ui/views/receipts/verify-receipt.ts'

const rules = { room: await openRulesWasm(await readRules()), sha256: '' }
const receipt = new Uint8Array(
  readFileSync(join(import.meta.dirname, '../../../receipt/fixtures/answer.receipt')),
)
const { summary } = verifyBytes(receipt, rules)

test('the entries of a receipt are those that it was made of, in their order', () => {
  const entries = signedEntries(receipt, rules)
  expect(entries.map(({ entry }) => entry.type)).toEqual(['Task', 'Grant', 'Result', 'Close'])
  expect(entries.map(({ hash }) => hash)).toEqual([
    summary?.task,
    ...(summary?.grants ?? []),
    summary?.result,
    summary?.close,
  ])
  expect(entries[2]?.author).toBe(summary?.worker)
  for (const { signature } of entries) expect(signature).toMatch(/^[0-9a-f]{128}$/)
})

test('a redacted receipt holds and reveals nothing', () => {
  expect(reveals(receipt)).toBe(true)
  const copy = redacted(receipt)
  expect(reveals(copy)).toBe(false)
  expect(verifyBytes(copy, rules)).toMatchObject({ ok: true, summary: { prompt: null, answer: null } })
})

test('a receipt with any changed byte does not hold', () => {
  for (let at = 0; at < receipt.length; at += 97) {
    const changed = Uint8Array.from(receipt)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect([at, verifyBytes(changed, rules).ok]).toEqual([at, false])
  }
})
