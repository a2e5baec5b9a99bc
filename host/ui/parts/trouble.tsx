/** Shows an error, and the explanation of its code. */
import type { Trouble } from '../daemon/refusal.ts'
import { useRead } from '../state/operations.ts'
import { key } from '../state/session.ts'
import { useSwitch } from '../state/switch.ts'
import { words } from '../words/words.ts'
import { Dialog } from './dialog.tsx'

interface TroubleProps {
  readonly trouble: Trouble
  /** Tries again; without it there is no button. */
  readonly again?: () => void
}

/** Shows the error in the daemon's words, with its code, the fix, and a button that explains the code. */
export function TroubleView({ trouble, again }: TroubleProps) {
  const explanation = useSwitch()
  return (
    <div class="trouble" role="alert">
      <Told trouble={trouble} />
      <div class="actions">
        {again && (
          <button type="button" class="quiet small" onClick={again}>
            {words.parts.again}
          </button>
        )}
        {key.value !== null && (
          <button type="button" class="quiet small" onClick={explanation.open}>
            {words.parts.explain}
          </button>
        )}
      </div>
      {explanation.on && <Explanation code={trouble.code} onClose={explanation.close} />}
    </div>
  )
}

function Told({ trouble: { message, code, hint } }: { trouble: Trouble }) {
  return (
    <>
      <p>
        {message} <code>{code}</code>
      </p>
      {hint !== null && <p class="hint">{hint}</p>}
    </>
  )
}

/** Shows the row that the daemon's table of errors has for a code. */
function Explanation({ code, onClose }: { code: string; onClose: () => void }) {
  const read = useRead('explain', { code })
  const row = read.value
  return (
    <Dialog title={code} onClose={onClose}>
      {read.trouble && <Told trouble={read.trouble} />}
      {row === null ? (
        !read.trouble && <p role="status">{words.parts.loading}</p>
      ) : (
        <>
          <p>{words.parts.explained}</p>
          <dl class="facts explained">
            <dt>{words.parts.says}</dt>
            <dd>{row.message}</dd>
            <dt>{words.parts.advises}</dt>
            <dd>{row.hint}</dd>
            <dt>{words.parts.status}</dt>
            <dd>{row.http}</dd>
            <dt>{words.parts.exit}</dt>
            <dd>{row.exit}</dd>
          </dl>
        </>
      )}
    </Dialog>
  )
}
