/** Shows the view for receipts: of this machine's tasks, and of any file. */
import './receipts.css'
import { signal, useSignal } from '@preact/signals'
import { pageLimits } from '../../../limits/page.ts'
import type { Trouble } from '../../daemon/refusal.ts'
import { size } from '../../format/format.ts'
import { View, Waiting } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { go, hrefOf, type Route } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { Elsewhere } from './elsewhere.tsx'
import { type ReceiptBytes, useOpened } from './opened.ts'
import { OwnReceipts } from './own-receipts.tsx'
import { ReportView } from './report-view.tsx'

/** The file that a person chose last. It stays while they look at other views. */
const chosen = signal<ReceiptBytes | null>(null)

/** The place of a chosen file, which no task has as its id. */
const FILE = 'file'

/** Shows the view: `#/receipts`, `#/receipts/file` with the chosen file, or `#/receipts/<task>`. */
export default function Receipts({ route }: { route: Route }) {
  const [task] = route.rest
  const { receipts } = words
  if (task === undefined || (task === FILE && chosen.value === null))
    return (
      <View title={receiptsTitle()}>
        <p class="hint">{receipts.about}</p>
        <Choose />
        <OwnReceipts />
      </View>
    )
  const source = task === FILE && chosen.value !== null ? chosen.value : task
  return (
    <View
      title={receiptsTitle()}
      actions={
        <>
          {source === task && <a href={hrefOf('tasks', [task])}>{receipts.toTask}</a>}
          <a href={hrefOf('receipts')}>{receipts.another}</a>
        </>
      }
    >
      <Opened source={source} />
    </View>
  )
}

function receiptsTitle(): string {
  return words.views.receipts ?? ''
}

function Opened({ source }: { source: string | ReceiptBytes }) {
  const { opened, trouble } = useOpened(source)
  if (trouble) return <TroubleView trouble={trouble} />
  if (opened === null) return <Waiting text={words.receipts.verifying} />
  return (
    <>
      <ReportView opened={opened} />
      <Elsewhere opened={opened} />
    </>
  )
}

/** Takes a file by its field, or where it is dropped. */
function Choose() {
  const trouble = useSignal<Trouble | null>(null)
  const isOver = useSignal(false)
  const { receipts } = words
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return
    trouble.value = null
    const most = pageLimits.receipt_bytes_max
    if (file.size > most) {
      const message = receipts.tooLarge(size(file.size), size(most))
      trouble.value = { code: 'RIPPLE_NOT_A_RECEIPT', message, hint: receipts.tooLargeHint }
      return
    }
    try {
      chosen.value = { path: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }
      go(hrefOf('receipts', [FILE]))
    } catch {
      trouble.value = { code: 'RIPPLE_FILE_UNREADABLE', message: receipts.unreadable, hint: null }
    }
  }
  return (
    <section
      class={`card dropzone ${isOver.value ? 'over' : ''}`}
      aria-labelledby="receipt-drop"
      onDragOver={(event) => {
        event.preventDefault()
        isOver.value = true
      }}
      onDragLeave={() => {
        isOver.value = false
      }}
      onDrop={(event) => {
        event.preventDefault()
        isOver.value = false
        void take(event.dataTransfer?.files[0])
      }}
    >
      <h2 id="receipt-drop">{receipts.drop}</h2>
      <label for="receipt-file">{receipts.choose}</label>
      <input
        id="receipt-file"
        type="file"
        aria-describedby="receipt-file-hint"
        onChange={(event) => void take(event.currentTarget.files?.[0])}
      />
      <p class="hint" id="receipt-file-hint">
        {receipts.dropHint}
      </p>
      {trouble.value && <TroubleView trouble={trouble.value} />}
    </section>
  )
}
