import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { PolicyGate } from '../../../host/policy/gate.ts'
import { shippedPolicies } from '../../../host/policy/store.ts'
import { decisionPoints } from '../../../host/types/decision.ts'

const auditFolder = mkdtempSync(join(tmpdir(), 'ripple-cases-'))
const gate = await PolicyGate.open({
  sources: [shippedPolicies()],
  auditFolder,
  network: 'testnet',
  owner: {},
  now: () => 0,
  emit: () => {},
})
afterAll(async () => {
  await gate[Symbol.asyncDispose]()
  rmSync(auditFolder, { recursive: true })
})

for (const point of decisionPoints) {
  const results = await gate.test([point])

  test(`the policy of ${point} has cases`, () => expect(results.length).toBeGreaterThan(10))

  test.each(results)(`the policy of ${point} decides as in its case: $name`, ({ found }) =>
    expect(found).toBeNull(),
  )

  test(`every rule of ${point} is a reason in some case`, async () => {
    const { rules } = await gate.show(point)
    const file = new URL(`../../../host/policy/rego/${point}.cases.yaml`, import.meta.url)
    const { cases } = parse(readFileSync(file, 'utf8')) as { cases: { reasons?: string[] }[] }
    const seen = new Set(cases.flatMap(({ reasons }) => reasons ?? []))
    expect(rules.map(({ code }) => code).sort()).toEqual([...seen].sort())
  })
}
