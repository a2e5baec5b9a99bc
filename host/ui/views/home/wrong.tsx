/** Shows what doctor finds. */
import { cut } from '../../format/cut.ts'

import { Sentence } from '../../parts/hash.tsx'
import { Card, Loaded, State } from '../../parts/layout.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

/** The most characters of a sentence that are shown. */
const SAID_CHARS = 500

/** Shows doctor's conclusion in one sentence, with the fix of its cause. */
export function Wrong() {
  const text = words.home.wrong
  const read = useRead('doctor', {})
  return (
    <Card
      title={text.title}
      actions={
        <button type="button" class="quiet small" disabled={read.busy} onClick={read.again}>
          {read.busy ? text.checking : text.again}
        </button>
      }
    >
      <Loaded read={read}>
        {({ checks, cause, conclusion }) => (
          <>
            <p>
              <Level worst={worstOf(checks)} />
            </p>
            <p>
              <Said text={conclusion} />
            </p>
            {cause?.fix && (
              <p class="hint">
                {text.fix} <Said text={cause.fix} />
              </p>
            )}
          </>
        )}
      </Loaded>
      <p class="more">
        <a href={hrefOf('join', ['doctor'])}>{text.findings}</a>
      </p>
    </Card>
  )
}

/** Shows a sentence of doctor, which may hold the names of other machines. */
function Said({ text }: { text: string }) {
  return (
    <bdi>
      <Sentence text={cut(text, SAID_CHARS)} />
    </bdi>
  )
}

type Grade = 'ok' | 'warn' | 'fail'

function worstOf(checks: readonly { readonly level: Grade }[]): Grade {
  const found = (wanted: Grade) => checks.some(({ level }) => level === wanted)
  if (found('fail')) return 'fail'
  return found('warn') ? 'warn' : 'ok'
}

function Level({ worst }: { worst: Grade }) {
  const text = words.home.wrong
  if (worst === 'fail') return <State tone="bad">{text.bad}</State>
  return worst === 'warn' ? <State tone="warn">{text.warn}</State> : <State tone="good">{text.good}</State>
}
