/** Explains the reasons of decisions by the conditions of the policies. */
import type { AnswerOf } from '../../daemon/call.ts'
import { useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import type { Point } from './examples.ts'

type Rules = AnswerOf<'policy.show'>['rules']

/** The conditions of each policy, as far as they are known. */
export type KnownRules = Readonly<Partial<Record<Point, Rules>>>

/** Reads the conditions of the policies. */
export function useRules(): KnownRules {
  const post = useRead('policy.show', { name: 'post' })
  const run = useRead('policy.show', { name: 'run' })
  const egress = useRead('policy.show', { name: 'egress' })
  const merge = useRead('policy.show', { name: 'merge' })
  const tool = useRead('policy.show', { name: 'tool' })
  const mcp = useRead('policy.show', { name: 'mcp' })
  const allocate = useRead('policy.show', { name: 'allocate' })
  const read = { post, run, egress, merge, tool, mcp, allocate } satisfies Record<Point, unknown>
  return Object.fromEntries(Object.entries(read).map(([name, { value }]) => [name, value?.rules ?? []]))
}

interface ReasonsProps {
  readonly reasons: readonly string[]
  readonly rules: Rules
}

/** Shows each reason of a refusal, with the condition that did not hold. */
export function Reasons({ reasons, rules }: ReasonsProps) {
  if (reasons.length === 0) return null
  return (
    <ul class="refusals">
      {reasons.map((code) => {
        const says = rules.find((rule) => rule.code === code)?.says
        return (
          <li key={code}>
            {says === undefined ? words.policies.gate[code] : words.policies.requires(says)}{' '}
            <code>{code}</code>
          </li>
        )
      })}
    </ul>
  )
}
