import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRules } from '../../../../../host/rules/rules.ts'
import { openRulesWasm } from '../../../../../host/rules/rules-wasm.ts'
import { partsOf } from '../../../../../host/ui/format/sentence-parts.ts'
import { agreements } from '../../../../../host/ui/views/receipts/verify-receipt.ts'
import type { Report } from '../../../../../zomes-bindings/generated/receipt.ts'

const room = await openRulesWasm(await readRules())
const fixture = readFileSync(join(import.meta.dirname, '../../../receipt/fixtures/answer.receipt'))
const report = room.ask('verify_receipt', fixture) as Report
const told = { text: '2, 3, 5', task: report.summary?.task ?? '', peer: report.summary?.worker ?? '' }

test('a receipt agrees with its own answer', () => {
  expect(report.ok).toBe(true)
  expect(agreements(report, told).map(({ agrees }) => agrees)).toEqual([true, true, true])
  expect(agreements(report, { ...told, task: '0123456789abcdef' }).every(({ agrees }) => agrees)).toBe(true)
})

test.each([
  ['another task', { task: 'uhCkkother' }],
  ['another machine', { peer: 'uhCAkother' }],
  ['another text', { text: '2, 3, 7' }],
])('a receipt of %s is reported as such', (_what, change) => {
  expect(agreements(report, { ...told, ...change }).filter(({ agrees }) => !agrees)).toHaveLength(1)
})

test('unknown parts of an answer are not compared', () => {
  expect(agreements(report, { ...told, task: null, peer: null })).toHaveLength(1)
  expect(agreements({ ...report, summary: null }, told)).toEqual([])
})

test('a sentence is split into words and hashes without loss', () => {
  for (const sentence of [...report.shown, ...report.not_shown]) {
    const parts = partsOf(sentence)
    expect(parts.map((part) => ('hash' in part ? part.hash : part.text)).join('')).toBe(sentence)
    for (const part of parts) if ('text' in part) expect(part.text).not.toMatch(/\S{50}/)
  }
})
