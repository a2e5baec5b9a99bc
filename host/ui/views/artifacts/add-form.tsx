/** Adds a file of the browser's disk as an artifact. */
import { useSignal } from '@preact/signals'
import { useId, useRef } from 'preact/hooks'
import { base64Of } from '../../format/base64.ts'
import { size } from '../../format/format.ts'
import { inSentence } from '../../format/in-sentence.ts'
import { quoted } from '../../format/quoted.ts'
import { Command } from '../../parts/command.tsx'
import { Hash } from '../../parts/hash.tsx'
import { Card } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { type Read, useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { addBytesMax } from './file-bytes.ts'

/** Most characters of a name that `artifact.add` takes. */
const NAME_CHARS_MAX = 255

/** A file that was added. */
interface Added {
  readonly name: string
  readonly cid: string
}

/** Asks for a file, and adds it. A larger one gets the command for the terminal. */
export function AddForm({ list }: { list: Read<unknown> }) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const chosen = useSignal<File | null>(null)
  const unread = useSignal<string | null>(null)
  const added = useSignal<Added | null>(null)
  const add = useAction('artifact.add', list)
  const { add: text, tooLarge } = words.artifacts
  const file = chosen.value
  const isTooLarge = file !== null && file.size > addBytesMax
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (file === null || isTooLarge) return
    added.value = null
    unread.value = null
    const base64 = await base64Of(file).catch(() => null)
    if (base64 === null) {
      unread.value = file.name
      return
    }
    const name = file.name.slice(0, NAME_CHARS_MAX) || null
    const done = await add.run({ base64, name })
    if (done === null) return
    added.value = { name: file.name, cid: done.cid }
    chosen.value = null
    if (input.current) input.current.value = ''
  }
  return (
    <Card title={text.title}>
      <form onSubmit={(event) => void submit(event)}>
        <label for={id}>{text.file}</label>
        <input
          ref={input}
          id={id}
          type="file"
          aria-describedby={`${id}-hint`}
          onChange={(event) => {
            chosen.value = event.currentTarget.files?.[0] ?? null
          }}
        />
        <p class="hint" id={`${id}-hint`}>
          {text.hint(size(addBytesMax))}
        </p>
        {isTooLarge && (
          <>
            <p class="hint">{tooLarge.add(inSentence(file.name), size(file.size), size(addBytesMax))}</p>
            <Command text={`ripple artifact add ${quoted(file.name)}`} />
          </>
        )}
        <div class="actions">
          <button type="submit" aria-disabled={file === null || isTooLarge || add.busy}>
            {text.title}
          </button>
          {add.busy && (
            <button type="button" class="quiet" onClick={add.stop}>
              {words.parts.stop}
            </button>
          )}
          <Outcome busy={add.busy} added={added.value} />
        </div>
      </form>
      {unread.value !== null && <p role="alert">{text.unreadable(inSentence(unread.value))}</p>}
      {add.trouble && <TroubleView trouble={add.trouble} />}
    </Card>
  )
}

function Outcome({ busy, added }: { busy: boolean; added: Added | null }) {
  const { add: text } = words.artifacts
  return (
    <span role="status">
      {busy && text.adding}
      {added && (
        <>
          {text.added(inSentence(added.name))} <Hash hash={added.cid} />
        </>
      )}
    </span>
  )
}
