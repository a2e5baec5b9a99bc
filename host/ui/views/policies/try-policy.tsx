/** Asks a policy about facts that a person types; nothing follows from it. */
import { type Signal, signal, useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { CheckField, NumberField, SelectField, TextField } from '../../parts/fields.tsx'
import { Card, State } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction, useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { type Example, examples, factsOf, type Point } from './examples.ts'
import { type KnownRules, Reasons } from './reasons.tsx'

/** The typed value of a fact: a number is a text too. */
type TypedFact = Signal<string | boolean>

const text = words.policies

/** Shows the form, and the decision for its facts. */
export function TryPolicy({ rules }: { rules: KnownRules }) {
  const decide = useAction('policy.decide')
  const point = useSignal<Point>('post')
  const allows = useAllows(point.value === 'tool' ? 'mcp' : 'upstream')
  const facts = useMemo(() => typedFacts(point.value), [point.value])
  const submit = (event: Event): void => {
    event.preventDefault()
    const typed = Object.entries(facts).map(([name, { value }]) => [name, value] as const)
    void decide.run({ point: point.value, facts: factsOf(point.value, Object.fromEntries(typed), allows) })
  }
  return (
    <Card title={text.tryTitle}>
      <p class="hint">{text.tryAbout}</p>
      <form onSubmit={submit}>
        <SelectField label={text.policy} chosen={point as Signal<string>}>
          {Object.keys(examples).map((name) => (
            <option key={name} value={name}>
              {text.points[name]}
            </option>
          ))}
        </SelectField>
        <div class="try-facts">
          {examples[point.value].map((one) => {
            const typed = facts[one.name]
            return typed && <FactField key={`${point.value} ${one.name}`} example={one} typed={typed} />
          })}
        </div>
        <div class="actions">
          <button type="submit" disabled={decide.busy}>
            {text.decide}
          </button>
        </div>
      </form>
      <div aria-live="polite">
        {decide.trouble && <TroubleView trouble={decide.trouble} />}
        {decide.value && (
          <div class="tried">
            <p>
              <State tone={decide.value.allow ? 'good' : 'bad'}>
                {decide.value.allow ? text.wouldAllow : text.wouldRefuse}
              </State>{' '}
              <code>{decide.value.rule}</code>
            </p>
            <Reasons reasons={decide.value.reasons} rules={rules[decide.value.point] ?? []} />
            {decide.value.detail && <p>{decide.value.detail}</p>}
          </div>
        )}
      </div>
    </Card>
  )
}

/** Returns what the owner allows providers or tools to be given, by a section of the configuration. */
function useAllows(section: 'upstream' | 'mcp') {
  const { value } = useRead('config.show', {})
  const found = value?.settings.find(({ name }) => name === section)?.value
  return (found as Readonly<Record<string, Parameters<typeof factsOf>[2]>> | undefined)?.allows
}

/** Returns what is typed at first for the facts of a point. */
function typedFacts(point: Point): Record<string, TypedFact> {
  const usual = examples[point].map(({ name, usual }) => [
    name,
    signal(typeof usual === 'number' ? String(usual) : usual),
  ])
  return Object.fromEntries(usual)
}

function FactField({ example: { name, usual, choices }, typed }: { example: Example; typed: TypedFact }) {
  if (typeof usual === 'boolean') return <CheckField label={name} checked={typed as Signal<boolean>} />
  const value = typed as Signal<string>
  if (choices)
    return (
      <SelectField label={name} chosen={value}>
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </SelectField>
    )
  return typeof usual === 'number' ? (
    <NumberField label={name} typed={value} step="any" />
  ) : (
    <TextField label={name} typed={value} />
  )
}
