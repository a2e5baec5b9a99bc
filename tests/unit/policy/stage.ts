import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type GateNeeds, PolicyGate } from '../../../host/policy/gate.ts'
import { ownersPolicies, shippedPolicies } from '../../../host/policy/store.ts'
import { decisionPoints } from '../../../host/types/decision.ts'
import type { EgressInput } from '../../../host/types/policy-input.ts'

const workdir = join(import.meta.dirname, '../../../workdir')

/** Facts that the shipped policy lets pass, on a network that is not `local`. */
export const leaves: EgressInput = {
  provider: 'openrouter',
  provider_kind: 'http',
  data_class: 'public',
  allows: [{ provider: 'openrouter', data_class: 'public' }],
  secrets_found: 0,
  pii_found: 0,
  budget_left: 1,
  principal: { kind: 'key', name: 'bot' },
}

/** Short waits, so that a test of them is short. */
export const shortBounds = {
  policy_decide_ms: 1_000,
  policy_load_ms: 10_000,
  policy_wait_ms: 5_000,
  policy_waiting_max: 4,
  policy_rest_ms: 50,
  policy_loaded_max: 8,
  policy_memory_pages_max: 256,
  policy_answer_bytes_max: 16_384,
} as const

/** A gate over folders of its own, for the test that runs: a copy of what is shipped, and an owner's folder. */
export async function openStage(changes: Partial<GateNeeds> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ripple-gate-'))
  const shipped = join(folder, 'shipped')
  const owner = join(folder, 'owner')
  mkdirSync(join(shipped, 'policies'), { recursive: true })
  mkdirSync(owner)
  copyFileSync(join(workdir, 'policies.json'), join(shipped, 'policies.json'))
  for (const name of decisionPoints)
    copyFileSync(join(workdir, 'policies', `${name}.wasm`), join(shipped, 'policies', `${name}.wasm`))
  const troubles: string[] = []
  const gate = await PolicyGate.open({
    sources: [ownersPolicies(owner), shippedPolicies(shipped)],
    auditFolder: join(folder, 'audit'),
    network: 'testnet',
    owner: {},
    now: () => 1_800_000_000_000,
    emit: (event) => {
      if (event.type === 'policy_failed') troubles.push(event.code)
    },
    bounds: { lookMs: 0, evaluator: shortBounds },
    ...changes,
  })
  onTestFinished(async () => {
    await gate[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })
  const own = (name: string, bytes: Uint8Array | string) => writeFileSync(join(owner, name), bytes)
  return { gate, troubles, shipped, own, audit: join(folder, 'audit'), folder }
}
