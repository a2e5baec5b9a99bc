import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadPolicy } from '@open-policy-agent/opa-wasm'
import { expect, test } from 'vitest'
import { sha256Hex } from '../../../host/codec/digest.ts'
import { pinsSchema } from '../../../host/policy/pins.ts'
import { decisionPoints } from '../../../host/types/decision.ts'
import {
  compilePolicies,
  pinsFile,
  pinsOf,
  regoFolder,
  shippedFolder,
  testRego,
} from '../../../zomes-bindings/build/policies/compile.ts'
import { findOpa, OPA_VERSION } from '../../../zomes-bindings/build/policies/opa.ts'

const never = new AbortController().signal
const pins = pinsSchema.parse(JSON.parse(readFileSync(pinsFile, 'utf8')))
const opa = await findOpa(never)

test('each shipped policy and source matches its pin', () => {
  expect(pins.opa).toBe(OPA_VERSION)
  expect(pins.builtins).toBe(sha256Hex(readFileSync(join(regoFolder, 'builtins.json'))))
  for (const name of decisionPoints) {
    const wasm = sha256Hex(readFileSync(join(shippedFolder, `${name}.wasm`)))
    const source = sha256Hex(readFileSync(join(regoFolder, `${name}.rego`)))
    expect(pins.policies[name], name).toEqual({ wasm, source })
  }
})

test('no shipped policy calls a function of its evaluator', async () => {
  for (const name of decisionPoints) {
    const { wasmInstance, mem } = await loadPolicy(readFileSync(join(shippedFolder, `${name}.wasm`)))
    const { builtins, opa_json_dump } = (wasmInstance as WebAssembly.Instance).exports as Record<
      string,
      (at?: number) => number
    >
    const at = opa_json_dump?.(builtins?.()) ?? 0
    const asked = Buffer.from(mem.buffer, at, 2).toString()
    expect(asked, name).toBe('{}')
  }
})

test.skipIf(opa === null)(
  'the shipped policies are built from these sources, whose Rego tests pass',
  async () => {
    const program = opa ?? ''
    expect(await testRego(program, never)).toMatch(/^PASS: (\d+)\/\1$/m)
    expect(await pinsOf(await compilePolicies(program, never))).toEqual(pins)
  },
)
