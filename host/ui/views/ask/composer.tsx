/** Shows the form for the next message of a chat. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { engineLimits } from '../../../limits/engine.ts'
import { pageLimits } from '../../../limits/page.ts'
import { size } from '../../format/format.ts'
import { CheckField, NumberField, TextField } from '../../parts/fields.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction } from '../../state/operations.ts'
import { go, hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { type Draft, draftOf, settingsIn, type TypedSettings } from './drafts.ts'
import { readFiles, type TextFile, withFiles } from './files.ts'
import { firstChoice } from './model-groups.ts'
import { ModelPicker } from './model-picker.tsx'
import { groups, readModels } from './models.ts'

/** The highest temperature that the daemon takes. */
const TEMPERATURE_MAX = 2
const SEED_MAX = 0xffff_ffff

interface ComposerProps {
  /** Null for a new chat. */
  readonly chat: string | null
  /** Whether an answer of the chat is under way. */
  readonly running: boolean
}

/** Asks for a message, with its model, files and settings. */
export function Composer({ chat, running }: ComposerProps) {
  const draft = draftOf(chat)
  const send = useAction('chat.send')
  const stop = useAction('chat.stop')
  const { ask } = words
  useEffect(() => void readModels(), [])
  useEffect(() => {
    if (draft.model.value === '') draft.model.value = firstChoice(groups.value) ?? ''
  }, [groups.value, draft])
  const isTyped = draft.text.value.trim() !== '' || draft.files.value.length > 0
  const ready = draft.model.value !== '' && isTyped && !running && !send.busy
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (!ready) return
    const text = withFiles(draft.text.value, draft.files.value)
    const begun = await send.run({ chat, text, follows: draft.follows.value, ...settingsIn(draft) })
    if (begun === null) return
    draft.text.value = ''
    draft.files.value = []
    draft.follows.value = null
    if (chat === null) go(hrefOf('ask', [begun.chat]))
  }
  const onKey = (event: KeyboardEvent): void => {
    // On a touch screen the key begins a line, and the button asks.
    const isTouched = matchMedia('(pointer: coarse)').matches
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && !isTouched) void submit(event)
  }
  return (
    <form class="card composer" aria-label={ask.composer} onSubmit={(event) => void submit(event)}>
      <TextField label={ask.message} typed={draft.text} rows={3} onKeyDown={onKey} />
      <Files draft={draft} />
      <ModelPicker chosen={draft.model} />
      <Settings draft={draft} />
      {send.trouble && <TroubleView trouble={send.trouble} />}
      {stop.trouble && <TroubleView trouble={stop.trouble} />}
      <div class="actions">
        <button type="submit" aria-disabled={!ready} title={running ? ask.waitFor : undefined}>
          {ask.send}
        </button>
        <button
          type="button"
          class="quiet"
          aria-disabled={!running}
          onClick={() => running && chat !== null && void stop.run({ chat })}
        >
          {ask.stop}
        </button>
        <span class="hint keys">{ask.keys}</span>
      </div>
    </form>
  )
}

function Settings({ draft }: { draft: TypedSettings }) {
  const { ask } = words
  return (
    <details>
      <summary>{ask.settings}</summary>
      <TextField label={ask.system} typed={draft.system} rows={2} />
      <div class="row">
        <NumberField
          label={ask.temperature}
          hint={ask.temperatureHint}
          typed={draft.temperature}
          min={0}
          max={TEMPERATURE_MAX}
          step={0.1}
          placeholder={ask.byDefault}
        />
        <NumberField
          label={ask.tokens}
          typed={draft.tokens}
          min={1}
          max={engineLimits.max_tokens_max}
          placeholder={ask.byDefault}
        />
        <NumberField
          label={ask.seed}
          hint={ask.seedHint}
          typed={draft.seed}
          min={0}
          max={SEED_MAX}
          placeholder={words.parts.none}
        />
      </div>
      {draft.model.value === 'ripple/moe' && <p class="hint">{ask.ensembleHint}</p>}
      <CheckField label={ask.local} hint={ask.localHint} checked={draft.local} />
    </details>
  )
}

function Files({ draft: { files } }: { draft: Draft }) {
  const refused = useSignal<readonly string[]>([])
  const { ask } = words
  const add = async (given: Iterable<File>): Promise<void> => {
    const read = await readFiles(files.value, [...given])
    files.value = read.files
    refused.value = read.refused
  }
  const remove = (file: TextFile): void => {
    files.value = files.value.filter((one) => one !== file)
  }
  return (
    <fieldset
      class="files"
      aria-label={ask.files.title}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        void add(event.dataTransfer?.files ?? [])
      }}
    >
      <label class="add">
        <span>{ask.files.add}</span>
        <input
          type="file"
          multiple
          title={ask.files.hint(size(pageLimits.page_files_bytes_max))}
          onChange={(event) => {
            const field = event.currentTarget
            void add(field.files ?? []).then(() => {
              field.value = ''
            })
          }}
        />
      </label>
      {files.value.map((file) => (
        <span key={file} class="file">
          <bdi>{file.name}</bdi> <span class="soft">{size(file.bytes)}</span>
          <button
            type="button"
            class="copy"
            aria-label={ask.files.remove(file.name)}
            onClick={() => remove(file)}
          >
            ✕
          </button>
        </span>
      ))}
      {refused.value.length > 0 && (
        <ul class="refused" role="alert">
          {refused.value.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </fieldset>
  )
}
