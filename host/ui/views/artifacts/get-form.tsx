/** Fetches a content by its CID, and pins it. */
import { useSignal } from '@preact/signals'
import { size } from '../../format/format.ts'
import { TextField } from '../../parts/fields.tsx'
import { Card } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useEvents } from '../../state/live.ts'
import { type Read, useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { useDownload } from './download.tsx'

/** Asks for a CID, and shows how far the fetch is. */
export function GetForm({ list }: { list: Read<unknown> }) {
  const typed = useSignal('')
  const id = useSignal('')
  const said = useSignal('')
  const download = useDownload()
  const pin = useAction('artifact.pin', list)
  const { get: text, verbs } = words.artifacts
  useEvents((event) => {
    if (event.type === 'task_note' && event.task_key === id.value) said.value = event.text
  })
  const cid = typed.value.trim()
  const busy = download.busy || pin.busy
  const begin = (run: (id: string) => Promise<string | null>) => async (): Promise<void> => {
    if (cid === '' || busy) return
    id.value = crypto.randomUUID()
    said.value = text.fetching
    said.value = (await run(id.value)) ?? ''
  }
  const save = begin(async (key) => {
    const bytes = await download.run({ cid, name: null }, key)
    return bytes === null ? null : text.saved(size(bytes))
  })
  const keep = begin(async (key) => {
    if ((await pin.run({ cid, id: key })) === null) return null
    return text.pinned
  })
  const trouble = download.trouble ?? pin.trouble
  return (
    <Card title={text.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <TextField label={text.cid} hint={text.about} typed={typed} />
        <div class="actions">
          <button type="submit" aria-disabled={cid === '' || busy}>
            {verbs.download}
          </button>
          <button type="button" class="quiet" aria-disabled={cid === '' || busy} onClick={() => void keep()}>
            {text.pin}
          </button>
          {busy && (
            <button type="button" class="quiet" onClick={download.busy ? download.stop : pin.stop}>
              {words.parts.stop}
            </button>
          )}
          <span role="status">{said.value}</span>
        </div>
      </form>
      {trouble && <TroubleView trouble={trouble} />}
    </Card>
  )
}
