/** Reads and runs the test cases of a policy. */
import { z } from 'zod'
import { readYaml } from '../config/file.ts'
import type { DecisionPoint } from '../types/decision.ts'
import { isObject, type Json, json } from '../types/json.ts'
import type { Evaluator } from './evaluator.ts'
import type { Policy } from './store.ts'
import { judge } from './verdict.ts'

const facts = z.record(z.string(), json)

/** Test cases of a policy: facts, and what is to be decided of them. */
const casesSchema = z.strictObject({
  /** What the cases share. */
  facts: facts.default({}),
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        /** What is different in this one; fields of a fact that is an object are replaced one by one. */
        facts: facts.default({}),
        /** Facts that are missing in this one. */
        without: z.array(z.string()).default([]),
        allow: z.boolean(),
        rule: z.string(),
        reasons: z.array(z.string()).default([]),
      }),
    )
    .default([]),
})

type Case = z.output<typeof casesSchema>['cases'][number]

/** How a case went. */
export interface CaseResult {
  readonly policy: DecisionPoint
  readonly name: string
  readonly ok: boolean
  /** What was decided in place of what was expected; null where all is well. */
  readonly found: string | null
}

/** Runs the cases of a file. Rejects with `RIPPLE_CONFIG_INVALID`; a file that is not there has none. */
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
