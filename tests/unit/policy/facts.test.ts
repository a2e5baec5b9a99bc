import { readFileSync } from 'node:fs'
import { loadPolicy } from '@open-policy-agent/opa-wasm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { policySection } from '../../../host/config/policy.ts'
import type { DecisionPoint } from '../../../host/types/decision.ts'
import { leaves } from './stage.ts'

/** The answer of a policy, as its wasm gives it. */
interface Answer {
  readonly allow: boolean
  readonly rule: string
  readonly reasons: readonly string[]
}

async function policyOf(name: DecisionPoint): Promise<(facts: unknown) => Answer> {
  const file = new URL(`../../../workdir/policies/${name}.wasm`, import.meta.url)
  const policy = await loadPolicy(readFileSync(file))
  return (facts) => policy.evaluate(facts, `ripple/${name}/decision`)[0].result
}

const egress = await policyOf('egress')
const run = await policyOf('run')
const merge = await policyOf('merge')

const runs = {
  ...{ now: 0, network: 'testnet', stage: 'run', class: 'inference', poster: 'poster', own: false },
  ...{
    model: { name: 'tiny', digest: 'd' },
    input_type: 'chat',
    max_tokens: 8,
    tools: 0,
    owner: policySection.parse({}),
  },
}

/** Facts of which some are others than they should be: of any value, or missing. */
function spoilt(facts: Readonly<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(facts)
  const change = fc.tuple(fc.constantFrom(...names), fc.oneof(fc.jsonValue(), fc.constant(undefined)))
  return fc.array(change, { maxLength: 4 }).map((changes) => ({ ...facts, ...Object.fromEntries(changes) }))
}

const isWhole = ({ allow, reasons }: Answer) => allow === (reasons.length === 0)

test('a request leaves only if allowed, clean, paid for and not from a local network', () => {
  const usual = { ...leaves, network: 'testnet' }
  expect(egress(usual).allow).toBe(true)
  const property = fc.property(spoilt(usual), (facts) => {
    const answer = egress(facts)
    expect(isWhole(answer)).toBe(true)
    if (!answer.allow) return
    const { provider, data_class, allows, network, secrets_found, pii_found, budget_left } = facts
    expect(allows).toContainEqual(expect.objectContaining({ provider, data_class }))
    expect([secrets_found, pii_found]).toEqual([0, 0])
    expect(budget_left).toBeGreaterThan(0)
    expect(network).toEqual(expect.any(String))
    expect(network).not.toBe('local')
  })
  fc.assert(property, { numRuns: 2_000 })
})

test('a run is allowed only for a poster and model that the owner permits', () => {
  expect(run(runs).allow).toBe(true)
  const name = fc.constantFrom('poster', 'tiny', 'd', 'another')
  const list = fc.array(name, { maxLength: 2 })
  const owner = fc.record({
    deny_posters: list,
    allow_posters: fc.option(list),
    deny_models: list,
    allow_models: fc.option(list),
    max_tokens: fc.option(fc.integer({ min: 1, max: 16 })),
    deny_tools: fc.boolean(),
    deny_public: fc.boolean(),
  })
  const property = fc.property(spoilt(runs), owner, fc.boolean(), (facts, settings, hasOwner) => {
    const asked = hasOwner ? { ...facts, owner: settings } : facts
    const answer = run(asked)
    expect(isWhole(answer)).toBe(true)
    if (!answer.allow || !hasOwner) return
    const { poster, own, stage } = facts
    const model = facts.model as { name: string; digest: string }
    const either = [model.name, model.digest]
    if (own !== true) expect(settings.deny_posters).not.toContain(poster)
    if (own !== true && settings.allow_posters) expect(settings.allow_posters).toContain(poster)
    expect(settings.deny_models.filter((one) => either.includes(one))).toEqual([])
    if (settings.allow_models) expect(settings.allow_models.some((one) => either.includes(one))).toBe(true)
    if (stage === 'run' && settings.max_tokens !== null)
      expect(facts.max_tokens).toBeLessThanOrEqual(settings.max_tokens)
  })
  fc.assert(property, { numRuns: 2_000 })
})

test('a consensus needs agreement and all members, or more than half of them', () => {
  const merges = {
    ...{ now: 0, network: 'testnet', stage: 'merge', trigger: 'change_making_task', task_type: 'review' },
    ...{
      answered: 5,
      cloud_answered: 0,
      min_parallel: 5,
      degraded_allowed: true,
      agreement: 1,
      min_agreement: 0.6,
    },
    ...{ require_consensus: true, eval_gate: 'off' },
  }
  expect(merge(merges).allow).toBe(true)
  const votes = fc.record({
    answered: fc.integer({ min: 0, max: 9 }),
    cloud_answered: fc.integer({ min: 0, max: 4 }),
    min_parallel: fc.integer({ min: 1, max: 8 }),
    degraded_allowed: fc.boolean(),
    agreement: fc.double({ min: 0, max: 1, noNaN: true }),
    require_consensus: fc.boolean(),
  })
  let allowed = 0
  const property = fc.property(votes, fc.option(spoilt(merges)), (counted, spoiling) => {
    const facts = { ...merges, ...counted, ...spoiling }
    const answer = merge(facts)
    expect(isWhole(answer)).toBe(true)
    if (!answer.allow) return
    allowed += 1
    const { answered, min_parallel, degraded_allowed, agreement, min_agreement, require_consensus } = facts
    if (require_consensus !== false) expect(answered).toBeGreaterThan(0)
    else expect([answered, facts.cloud_answered].some((count) => Number(count) > 0)).toBe(true)
    const isFull = Number(answered) >= Number(min_parallel)
    if (!isFull) expect(degraded_allowed).toBe(true)
    if (require_consensus === false) return
    if (!isFull) expect(2 * Number(answered)).toBeGreaterThan(Number(min_parallel))
    expect(agreement).toBeGreaterThanOrEqual(Number(min_agreement))
  })
  fc.assert(property, { numRuns: 2_000 })
  expect(allowed).toBeGreaterThan(100)
})
