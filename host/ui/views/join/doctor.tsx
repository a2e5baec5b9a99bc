/** Shows what `doctor` finds about this machine, or about it and another one. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { AnswerOf } from '../../daemon/call.ts'
import { several } from '../../format/format.ts'
import { inSentence } from '../../format/in-sentence.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { Copy } from '../../parts/hash.tsx'
import { Card, State, Waiting } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { peers } from '../../state/machines.ts'
import { useAction } from '../../state/operations.ts'
import { go, hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { LongLine } from './long-line.tsx'

type Examined = AnswerOf<'doctor'>
type Finding = Examined['checks'][number]

/** Checks at once, and again when a person asks for it. `other` is a machine's name, key or code, and stays. */
export function Doctor({ other }: { other: string | null }) {
  const text = words.join.examine
  const doctor = useAction('doctor')
  const look = (): void => void doctor.run(other === null ? {} : { with: other })
  useEffect(look, [])
  return (
    <>
      <Card
        title={text.findings}
        actions={
          doctor.busy ? null : (
            <button type="button" class="quiet small" onClick={look}>
              {text.run}
            </button>
          )
        }
      >
        {doctor.busy && (
          <Waiting text={other === null ? text.checking : text.comparing(inSentence(nameOrCode(other)))} />
        )}
        {doctor.trouble && <TroubleView trouble={doctor.trouble} again={look} />}
        <div aria-live="polite">{doctor.value && !doctor.busy && <Findings examined={doctor.value} />}</div>
      </Card>
      <div class="join-cards">
        <CompareWith other={other} />
        <OwnCode />
      </div>
    </>
  )
}

/** Returns a machine's name, or for a code the word for it. */
function nameOrCode(other: string): string {
  return other.startsWith('ripple-doctor-') ? words.join.examine.code : other
}

function Findings({ examined: { checks, cause, conclusion } }: { examined: Examined }) {
  const text = words.join.examine
  const isCause = (one: Finding): boolean => JSON.stringify(one) === JSON.stringify(cause)
  const rank = (one: Finding): number => (isCause(one) ? 0 : one.level === 'fail' ? 1 : 2)
  const bad = checks.filter(({ level }) => level !== 'ok').toSorted((a, b) => rank(a) - rank(b))
  const good = checks.filter(({ level }) => level === 'ok')
  return (
    <>
      <p class={`conclusion ${cause === null ? 'good' : cause.level}`}>
        <bdi>{conclusion}</bdi>
      </p>
      <ul class="findings">
        {bad.map((one) => (
          <FindingView key={`${one.of} ${one.name}`} finding={one} isCause={isCause(one)} />
        ))}
      </ul>
      <details>
        <summary>{text.fine(several(good.length, text.finding, text.several))}</summary>
        <ul class="findings">
          {good.map((one) => (
            <FindingView key={`${one.of} ${one.name}`} finding={one} isCause={false} />
          ))}
        </ul>
      </details>
    </>
  )
}

const tones = { ok: 'good', warn: 'warn', fail: 'bad' } as const

function FindingView({ finding, isCause }: { finding: Finding; isCause: boolean }) {
  const { name, of, level, detail, fix } = finding
  const text = words.join.examine
  return (
    <li class={level}>
      <p class="of">
        <State tone={tones[level]}>{text.levels[level]}</State> <strong>{name}</strong>
        {of !== null && <span> {text.of(inSentence(of))}</span>}
        {isCause && <em> {text.likely}</em>}
      </p>
      <bdi class="detail">{detail}</bdi>
      {fix !== null && (
        <p class="hint">
          {text.fix} {fix}
        </p>
      )}
    </li>
  )
}

/** Chooses the other machine, by the list of peers or by its code. The choice is a place of its own. */
function CompareWith({ other }: { other: string | null }) {
  const text = words.join.examine
  const isCode = other?.startsWith('ripple-doctor-') ?? false
  const chosen = useSignal(isCode ? '' : (other ?? ''))
  const code = useSignal(isCode ? (other ?? '') : '')
  const others = peers.value.filter(({ self }) => !self)
  const isListed = others.some(({ agent, name }) => [agent, name].includes(chosen.value))
  const compare = (event: Event): void => {
    event.preventDefault()
    go(hrefOf('join', ['doctor'], { with: code.value.trim() || chosen.value }))
  }
  return (
    <Card title={text.withWho}>
      <form onSubmit={compare}>
        <SelectField label={text.otherMachine} chosen={chosen}>
          <option value="">{text.alone}</option>
          {!isListed && chosen.value !== '' && (
            <option value={chosen.value}>{inSentence(chosen.value)}</option>
          )}
          {others.map(({ agent, name }) => (
            <option key={agent} value={chosen.value === name ? name : agent}>
              {inSentence(name)}
            </option>
          ))}
        </SelectField>
        <TextField label={text.code} hint={text.codeHint} typed={code} />
        <div class="actions">
          <button type="submit">{text.compare}</button>
        </div>
      </form>
    </Card>
  )
}

/** Makes this machine's code, for a comparison on another one. */
function OwnCode() {
  const text = words.join.examine
  const doctor = useAction('doctor')
  const code = doctor.value?.code
  return (
    <Card title={text.ownCode}>
      <p class="hint">{text.ownCodeAbout}</p>
      {doctor.trouble && <TroubleView trouble={doctor.trouble} />}
      {code ? (
        <>
          <LongLine text={code} label={text.ownCode} />
          <Copy text={code} label={text.copyCode} />
        </>
      ) : (
        <div class="actions">
          <button type="button" disabled={doctor.busy} onClick={() => void doctor.run({ code: true })}>
            {text.makeCode}
          </button>
        </div>
      )}
    </Card>
  )
}
