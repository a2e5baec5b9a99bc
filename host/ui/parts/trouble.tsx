/** Shows an error. */
import type { Trouble } from '../daemon/refusal.ts'
import { words } from '../words/words.ts'

interface TroubleProps {
  readonly trouble: Trouble
  /** Tries again; without it there is no button. */
  readonly again?: () => void
}

/** Shows the error in the daemon's words, with its code and the fix. */
export function TroubleView({ trouble, again }: TroubleProps) {
  const { message, code, hint } = trouble
  return (
    <div class="trouble" role="alert">
      <p>
        {message} <code>{code}</code>
      </p>
      {hint !== null && <p class="hint">{hint}</p>}
      {again && (
        <button type="button" class="quiet small" onClick={again}>
          {words.parts.again}
        </button>
      )}
    </div>
  )
}
