/** Shows an error. */
import type { Trouble } from '../refusal.ts'

/** Shows the error in the daemon's words, with its hint. */
export function TroubleView({ trouble }: { trouble: Trouble }) {
  const { message, code, hint } = trouble
  return (
    <div class="trouble" role="alert">
      <p>
        {message} <code>{code}</code>
      </p>
      {hint !== null && <p class="hint">{hint}</p>}
    </div>
  )
}
