/** Shows the newest decisions of the policies, and why they were made. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { AnswerOf } from '../../daemon/call.ts'
import { short } from '../../format/sentence-parts.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { Hash, Sentence } from '../../parts/hash.tsx'
import { Card, Empty, Facts, Loaded, State } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { useRead } from '../../state/operations.ts'
import { go, hrefOf, type Route } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { examples, type Point } from './examples.ts'
import { type KnownRules, Reasons } from './reasons.tsx'

type Decision = AnswerOf<'policy.audit'>['decisions'][number]

interface AuditProps {
  /** The options of the address, which choose decisions. */
  readonly options: Route['options']
  readonly rules: KnownRules
}

/** Decisions that are shown at first, and with "more". */
const FEW = 20
const MANY = 200

const text = words.policies

/** Shows the decisions that the address chooses. */
export function Audit({ options, rules }: AuditProps) {
  const { about = '' } = options
  const limit = useSignal(FEW)
  const decided = (['allowed', 'refused'] as const).find((one) => one === options.decided) ?? null
  const point = pointOf(options.point)
  const read = useRead('policy.audit', { decided, point, subject: about || null, limit: limit.value }, [
    'policy',
  ])
  return (
    <Card title={text.audit}>
      <p class="hint">{text.auditAbout}</p>
      <AuditFilter options={options} />
      <Loaded read={read}>
        {({ decisions, more }) =>
          decisions.length === 0 ? (
            <Empty>
              {decided === null && point === null && about === '' ? text.noDecision : text.noSuchDecision}
            </Empty>
          ) : (
            <>
              <ul class="rows decisions" aria-label={text.decisions}>
                {decisions.map((one) => (
                  <DecisionRow key={one.id} decision={one} rules={rules[one.point] ?? []} />
                ))}
              </ul>
              {more && limit.value < MANY && (
                <button
                  type="button"
                  class="quiet small"
                  onClick={() => {
                    limit.value = MANY
                  }}
                >
                  {words.parts.more}
                </button>
              )}
            </>
          )
        }
      </Loaded>
    </Card>
  )
}

function pointOf(name: string | undefined): Point | null {
  return (Object.keys(examples) as Point[]).find((one) => one === name) ?? null
}

function AuditFilter({ options }: Pick<AuditProps, 'options'>) {
  const decided = useSignal(options.decided ?? '')
  const point = useSignal(options.point ?? '')
  const about = useSignal(options.about ?? '')
  // A link to other decisions changes the address while the view stays open.
  useEffect(() => {
    decided.value = options.decided ?? ''
    point.value = options.point ?? ''
    about.value = options.about ?? ''
  }, [options.decided, options.point, options.about])
  const submit = (event: Event): void => {
    event.preventDefault()
    go(hrefOf('policies', [], { decided: decided.value, point: point.value, about: about.value.trim() }))
  }
  return (
    <form class="audit-filter" onSubmit={submit}>
      <SelectField label={text.verdict} chosen={decided}>
        <option value="">{text.all}</option>
        <option value="refused">{text.refused}</option>
        <option value="allowed">{text.allowed}</option>
      </SelectField>
      <SelectField label={text.policy} chosen={point}>
        <option value="">{text.all}</option>
        {Object.keys(examples).map((name) => (
          <option key={name} value={name}>
            {text.points[name]}
          </option>
        ))}
      </SelectField>
      <TextField label={text.subject} typed={about} placeholder={text.subjectHint} />
      <button type="submit" class="quiet">
        {text.filter}
      </button>
    </form>
  )
}

interface DecisionProps {
  readonly decision: Decision
  readonly rules: Parameters<typeof Reasons>[0]['rules']
}

function DecisionRow({ decision, rules }: DecisionProps) {
  const { point, allow, rule, reasons, subject, at, facts, policy } = decision
  return (
    <li class="decision">
      <div class="decision-head">
        <State tone={allow ? 'good' : 'bad'}>{allow ? text.allowed : text.refused}</State>
        <span>{text.points[point]}</span>
        <span class="soft">
          <Age at={at} />
        </span>
        <span class="soft subject">
          {text.aboutSubject} <Subject point={point} subject={subject} />
        </span>
      </div>
      <Reasons reasons={reasons} rules={rules} />
      <details>
        <summary>{text.facts}</summary>
        <Facts
          facts={[
            [text.rule, <code key="rule">{rule}</code>],
            [
              text.policyDigest,
              policy.digest === null ? words.parts.none : <Hash key="digest" hash={policy.digest} />,
            ],
            ...Object.entries(facts).map(
              ([name, value]) =>
                [name, value === null ? null : <Sentence key={name} text={String(value)} />] as const,
            ),
          ]}
        />
      </details>
    </li>
  )
}

/** A post is about a task of this machine, which has a place of its own. */
function Subject({ point, subject }: { point: Point; subject: string }) {
  if (point === 'post') return <a href={hrefOf('tasks', [subject])}>{short(subject)}</a>
  return <Hash hash={subject} />
}
