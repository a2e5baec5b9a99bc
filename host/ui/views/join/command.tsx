/** Shows lines for another machine, and commands for a terminal. */
import { Copy } from '../../parts/hash.tsx'
import { words } from '../../words/words.ts'

/** Shows a command with a button that copies it. */
export function Command({ text, label = words.join.invite.copyCommand }: { text: string; label?: string }) {
  return (
    <div class="command">
      <pre>
        <code>{text}</code>
      </pre>
      <Copy text={text} label={label} />
    </div>
  )
}

/** Shows a long line in a field of a few rows, from which it can be taken by hand too. */
export function LongLine({ text, label }: { text: string; label: string }) {
  return <textarea class="long-line" readOnly rows={4} aria-label={label} value={text} />
}
