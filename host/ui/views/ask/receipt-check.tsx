/** Verifies the receipt of an answer in the browser, and shows what it proves about this answer. */
import { useSignal } from '@preact/signals'
import { type Trouble, troubleOf } from '../../daemon/refusal.ts'
import { count } from '../../format/format.ts'
import { Sentence } from '../../parts/hash.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { key } from '../../state/session.ts'
import { words } from '../../words/words.ts'
import {
  type Agreement,
  agreements,
  type Checked,
  checkReceipt,
  withRules,
} from '../receipts/verify-receipt.ts'
import type { Answer } from './answer.tsx'

type State =
  | { readonly phase: 'none' | 'checking' }
  | { readonly phase: 'checked'; readonly checked: Checked }
  | { readonly phase: 'failed'; readonly trouble: Trouble }

interface CheckProps {
  readonly text: string
  readonly end: NonNullable<Answer['end']>
}

/** Shows the button that verifies, and the result. */
export function ReceiptCheck({ text, end }: CheckProps) {
  const now = useSignal<State>({ phase: 'none' })
  const { receipt } = words.ask
  const { task } = end
  if (task === null) return <p class="hint">{end.route === 'ensemble' ? receipt.ensemble : receipt.none}</p>
  const verify = async (): Promise<void> => {
    const mine = key.value
    if (now.value.phase === 'checking' || mine === null) return
    now.value = { phase: 'checking' }
    try {
      const checked = await withRules((rules) => checkReceipt(task, mine, rules))
      now.value = { phase: 'checked', checked }
    } catch (thrown) {
      now.value = { phase: 'failed', trouble: troubleOf(thrown) }
    }
  }
  const { phase } = now.value
  return (
    <section class="receipt" aria-label={receipt.title}>
      <button
        type="button"
        class="quiet small"
        title={receipt.about}
        onClick={() => void verify()}
        aria-disabled={phase === 'checking'}
      >
        {phase === 'checked' ? receipt.again : receipt.verify}
      </button>
      <div aria-live="polite">
        {phase === 'checking' && <p class="hint">{receipt.verifying}</p>}
        {now.value.phase === 'failed' && <TroubleView trouble={now.value.trouble} />}
        {now.value.phase === 'checked' && <Verdict checked={now.value.checked} text={text} end={end} />}
      </div>
    </section>
  )
}

function Verdict({ checked, text, end }: CheckProps & { checked: Checked }) {
  const { report } = checked
  const { receipt } = words.ask
  const agreed = agreements(report, { text, task: end.task, peer: end.peer })
  const holds = report.ok && agreed.every(({ agrees }) => agrees)
  const bad = report.ok ? receipt.other : receipt.broken
  const good = report.one_sided ? receipt.oneSided : receipt.holds
  return (
    <>
      <p class={`verdict ${holds ? 'good' : 'bad'}`}>{holds ? good : bad}</p>
      {report.problem && (
        <p>
          {report.problem.where}: {report.problem.text} <code>{report.problem.code}</code>
        </p>
      )}
      {report.summary?.self_made && <p class="hint">{receipt.selfMade}</p>}
      {report.ok && <Lists shown={report.shown} notShown={report.not_shown} agreed={agreed} />}
      <details>
        <summary>{receipt.elsewhere}</summary>
        <p>
          {receipt.how(count(checked.bytes))} <code>{checked.rules}</code>
        </p>
        <p>{receipt.anybody}</p>
        <pre>
          <code>{receipt.command(checked.path)}</code>
        </pre>
      </details>
    </>
  )
}

interface ListsProps {
  readonly shown: readonly string[]
  readonly notShown: readonly string[]
  readonly agreed: readonly Agreement[]
}

function Lists({ shown, notShown, agreed }: ListsProps) {
  const { receipt } = words.ask
  return (
    <div class="lists">
      <div>
        <h3>{receipt.shows}</h3>
        <ul class="shows">
          {shown.map((line) => (
            <li key={line}>
              <Sentence text={line} />
            </li>
          ))}
          {agreed.map(({ what, agrees }) => (
            <li key={what} class={agrees ? undefined : 'bad'}>
              {agrees ? what : receipt.not(what)}
            </li>
          ))}
        </ul>
      </div>
      <div>
        <h3>{receipt.lacks}</h3>
        <ul class="lacks">
          {notShown.map((line) => (
            <li key={line}>
              <Sentence text={line} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
