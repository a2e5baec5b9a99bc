/** Shows the name and the mark of the program. */

/** Shows the mark. */
export function Brand() {
  return (
    <p class="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <circle cx="16" cy="16" r="3" class="dot" />
        <circle cx="16" cy="16" r="8" />
        <circle cx="16" cy="16" r="13.5" class="far" />
      </svg>
      Ripple
    </p>
  )
}
