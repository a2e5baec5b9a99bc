/** Shows commands for a terminal. */
import { words } from '../words/words.ts'
import { Copy } from './hash.tsx'

/** Shows a command with a button that copies it. */
export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <pre>
        <code>{text}</code>
      </pre>
      <Copy text={text} label={words.parts.copyCommand} />
    </div>
  )
}
