import type { Trouble } from '../refusal.ts'

/** An error in the daemon's words, and what can be done about it. */
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
