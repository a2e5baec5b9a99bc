/** Shows lines for another machine. */

/** Shows a long line in a field of a few rows, from which it can be taken by hand too. */
export function LongLine({ text, label }: { text: string; label: string }) {
  return <textarea class="long-line" readOnly rows={4} aria-label={label} value={text} />
}
