/** Shows the receipt of an answer. */

import { Sentence } from '../../parts/hash.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import type { Exchange } from '../ask/exchange.ts'
import { receipt, verify } from '../ask/store.ts'
import { type Agreement, agreements, type Checked } from './verify-receipt.ts'

/** Shows the result of this browser's verification: the facts that the receipt proves, and those that it does not. */
export function ReceiptView({ exchange }: { exchange: Exchange }) {
  if (exchange.phase !== 'done') return null
  return (
    <section class="card" aria-labelledby="receipt-head">
      <h2 id="receipt-head">Receipt</h2>
      {exchange.origin?.task ? (
        <WithTask exchange={exchange} />
      ) : (
        <WithoutTask route={exchange.origin?.route} />
      )}
    </section>
  )
}

function WithoutTask({ route }: { route: string | null | undefined }) {
  if (route === 'ensemble')
    return (
      <p class="hint">
        Each member answered in a task of its own, with a receipt of its own; nobody has signed how the
        answers were put together. <code>ripple task list</code> names the tasks,{' '}
        <code>ripple task receipt</code> the receipt of each.
      </p>
    )
  return <p class="hint">No task was posted for this answer, so nobody has signed anything about it.</p>
}

function WithTask({ exchange }: { exchange: Exchange }) {
  const now = receipt.value
  return (
    <>
      <div aria-live="polite">
        {now.phase === 'none' && (
          <p class="hint">
            The machines that asked and answered have signed what they did. This browser can check it by
            itself.
          </p>
        )}
        {now.phase === 'checking' && <p class="hint">verifying …</p>}
        {now.phase === 'failed' && <TroubleView trouble={now.trouble} />}
        {now.phase === 'checked' && <Verdict checked={now.checked} exchange={exchange} />}
      </div>
      <div class="actions">
        <button
          type="button"
          class={now.phase === 'checked' ? 'quiet' : undefined}
          onClick={() => void verify()}
          aria-disabled={now.phase === 'checking'}
        >
          {now.phase === 'checked' ? 'Verify again' : 'Verify receipt'}
        </button>
      </div>
    </>
  )
}

function Verdict({ checked, exchange }: { checked: Checked; exchange: Exchange }) {
  const { report } = checked
  const { text, origin } = exchange
  const agreed = agreements(report, { text, task: origin?.task ?? null, peer: origin?.peer ?? null })
  const holds = report.ok && agreed.every(({ agrees }) => agrees)
  return (
    <>
      <p class={`verdict ${holds ? 'good' : 'bad'}`}>{sentence(checked, holds)}</p>
      {report.problem && (
        <p>
          {report.problem.where}: {report.problem.text} <code>{report.problem.code}</code>
        </p>
      )}
      {report.summary?.self_made && (
        <p class="hint">This machine both asked and answered: one key has signed it all.</p>
      )}
      {report.ok && <Lists shown={report.shown} notShown={report.not_shown} agreed={agreed} />}
      <Elsewhere checked={checked} />
    </>
  )
}

function sentence({ report }: Checked, holds: boolean): string {
  if (holds)
    return report.one_sided
      ? '✓ The receipt holds, but nobody has accepted the answer'
      : '✓ The receipt holds'
  return report.ok ? '✗ The receipt holds, but is not of this answer' : '✗ The receipt does not hold'
}

interface ListsProps {
  readonly shown: readonly string[]
  readonly notShown: readonly string[]
  readonly agreed: readonly Agreement[]
}

function Lists({ shown, notShown, agreed }: ListsProps) {
  return (
    <div class="lists">
      <div>
        <h3>What it shows</h3>
        <ul class="shows">
          {shown.map((line) => (
            <li key={line}>
              <Sentence text={line} />
            </li>
          ))}
          {agreed.map(({ what, agrees }) => (
            <li key={what} class={agrees ? undefined : 'bad'}>
              {agrees ? what : `not so: ${what}`}
            </li>
          ))}
        </ul>
      </div>
      <div>
        <h3>What it does not show</h3>
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

function Elsewhere({ checked }: { checked: Checked }) {
  return (
    <details>
      <summary>How this was checked, and how to check it elsewhere</summary>
      <p>
        This browser ran the rules of the mesh over the receipt's {checked.bytes.toLocaleString('en')} bytes.
        Page, rules and receipt came from this machine's daemon. The rules have the sha256{' '}
        <code>{checked.rules}</code>, which stands in <code>workdir/rules.sha256</code> too.
      </p>
      <p>Anybody can check the file, on any machine and without a network:</p>
      <pre>
        <code>ripple verify {checked.path}</code>
      </pre>
    </details>
  )
}
