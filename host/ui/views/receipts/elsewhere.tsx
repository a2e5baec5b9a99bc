/** Says how a receipt was checked, and how to check it elsewhere. */
import { cut } from '../../format/cut.ts'
import { count } from '../../format/format.ts'
import { words } from '../../words/words.ts'
import type { Opened } from './opened.ts'

/** Characters of a file's name that are shown. */
const FILE_CHARS = 400

/** Names the rules and the command. */
export function Elsewhere({ opened: { bytes, rules, file } }: { opened: Opened }) {
  const { receipts } = words
  return (
    <details class="card">
      <summary>{receipts.elsewhere}</summary>
      <p>
        {receipts.how(count(bytes.length))} <code>{rules}</code>
      </p>
      <p>{receipts.anybody}</p>
      <pre>
        <code>{receipts.command(cut(file, FILE_CHARS))}</code>
      </pre>
    </details>
  )
}
