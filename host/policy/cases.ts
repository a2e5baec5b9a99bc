/** Reads and runs the test cases of a policy. */
import { z } from 'zod'
import { readYaml } from '../config/file.ts'
import type { DecisionPoint } from '../types/decision.ts'
import { isObject, type Json, json } from '../types/json.ts'
import type { Evaluator } from './evaluator.ts'
import type { Policy } from './store.ts'
import { judge } from './verdict.ts'

const facts = z.record(z.string(), json)

/** Test cases of a policy: facts and the expected decisions. */
const casesSchema = z.strictObject({
  /** The facts that all cases share. */
  facts: facts.default({}),
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        /** The changed facts of this case; fields of an object are replaced one by one. */
        facts: facts.default({}),
        /** The facts that this case lacks. */
        without: z.array(z.string()).default([]),
        allow: z.boolean(),
        rule: z.string(),
        reasons: z.array(z.string()).default([]),
      }),
    )
    .default([]),
})

type Case = z.output<typeof casesSchema>['cases'][number]

/** The result of a case. */
export interface CaseResult {
  readonly policy: DecisionPoint
  readonly name: string
  readonly ok: boolean
  /** The decision that differs from the expected one; null if they agree. */
  readonly found: string | null
}

/** Runs the cases of a file. Rejects with `RIPPLE_CONFIG_INVALID`; a missing file has no cases. */
export async function runCases(policy: Policy, file: string, evaluator: Evaluator): Promise<CaseResult[]> {
  const { facts: shared, cases } = readYaml(file, casesSchema, true)
  const results: CaseResult[] = []
  for (const one of cases) results.push(await runCase(policy, shared, one, evaluator))
  return results
}

type Facts = Readonly<Record<string, Json>>

async function runCase(policy: Policy, shared: Facts, one: Case, evaluator: Evaluator): Promise<CaseResult> {
  const { verdict } = await judge(policy, factsOf(shared, one), evaluator)
  const say = (said: Pick<Case, 'allow' | 'rule' | 'reasons'>) =>
    [said.allow ? 'allowed' : 'refused', said.rule, ...said.reasons].join(' ')
  const ok = say(verdict) === say(one)
  return {
    policy: policy.name,
    name: one.name,
    ok,
    found: ok ? null : `${say(verdict)}; expected: ${say(one)}`,
  }
}

function factsOf(shared: Facts, { facts: changes, without }: Case): Facts {
  const changed = Object.entries(changes).map(([name, fact]) => {
    const before = shared[name]
    return [name, isObject(before) && isObject(fact) ? { ...before, ...fact } : fact] as const
  })
  const all: Facts = { ...shared, ...Object.fromEntries(changed) }
  return Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name)))
}
