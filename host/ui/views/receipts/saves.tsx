/** Saves copies of a receipt. */
import { saveFile } from '../../parts/save-file.ts'
import { words } from '../../words/words.ts'
import type { Opened } from './opened.ts'
import { redacted, reveals } from './signed-entries.ts'

/** Characters of a task's key in a file's name. */
const KEY_CHARS = 16

/** Shows the buttons that save the receipt, whole or without prompt and answer. */
export function Saves({ opened: { bytes, report } }: { opened: Opened }) {
  const name = (report.summary?.task_id ?? '').replaceAll(/[^\w-]/g, '').slice(0, KEY_CHARS) || 'answer'
  return (
    <div class="actions">
      <button type="button" class="quiet" onClick={() => saveFile(`${name}.receipt`, bytes)}>
        {words.receipts.save}
      </button>
      {reveals(bytes) && (
        <button
          type="button"
          class="quiet"
          onClick={() => saveFile(`${name}.redacted.receipt`, redacted(bytes))}
        >
          {words.receipts.saveRedacted}
        </button>
      )}
    </div>
  )
}
