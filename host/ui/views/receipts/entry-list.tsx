/** Lists the signed entries of a receipt. */
import { cut } from '../../format/cut.ts'
import { count } from '../../format/format.ts'
import { Copy, Hash } from '../../parts/hash.tsx'
import { Card, Facts } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { Machine } from '../../parts/names.tsx'
import { words } from '../../words/words.ts'
import type { SignedEntry } from './signed-entries.ts'

/** Characters of an entry that are shown; the copy has all. */
const JSON_CHARS = 20_000

/** Lists the entries in the order of the task's life. */
export function EntryList({ entries }: { entries: readonly SignedEntry[] }) {
  const { receipts } = words
  return (
    <Card title={receipts.entries}>
      <p class="hint">{receipts.entriesAbout}</p>
      <ol class="entries">
        {entries.map((signed) => (
          <li key={signed.hash}>
            <Entry signed={signed} />
          </li>
        ))}
      </ol>
    </Card>
  )
}

function Entry({ signed }: { signed: SignedEntry }) {
  const { receipts } = words
  const { entry, author, hash, seq, at, signature } = signed
  const json = JSON.stringify({ hash, author, seq, at, entry, signature }, null, 2)
  return (
    <>
      <h3>{receipts.entry[entry.type] ?? entry.type}</h3>
      <Facts
        facts={[
          [receipts.author, <Machine key="author" agent={author} />],
          [receipts.hash, <Hash key="hash" hash={hash} />],
          [receipts.place, count(seq)],
          [receipts.at, <When key="at" at={at} />],
          [receipts.signature, <Hash key="signature" hash={signature} />],
        ]}
      />
      <details>
        <summary>{receipts.raw}</summary>
        <Copy text={json} />
        <textarea class="json" rows={14} readOnly aria-label={receipts.raw} value={cut(json, JSON_CHARS)} />
      </details>
    </>
  )
}
