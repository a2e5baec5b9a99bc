/** Shows the command bar: a search over the views and the daemon's verbs, and the form of the chosen verb. */
import { useSignal } from '@preact/signals'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { Trouble } from '../daemon/refusal.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Waiting } from '../parts/layout.tsx'
import { TroubleView } from '../parts/trouble.tsx'
import { go, hrefOf } from '../state/route.ts'
import { key, refused } from '../state/session.ts'
import { views } from '../views/views.ts'
import { words } from '../words/words.ts'
import './bar.css'
import { type Findable, findEntries } from './match.ts'
import { VerbForm } from './verb-form.tsx'
import { fetchVerbs, type Verb } from './verbs.ts'

/** The most entries that are shown at a time. */
const SHOWN_MAX = 50

/** An entry of the bar: a view, or a verb. */
interface Entry extends Findable {
  readonly verb: Verb | null
}

const placeEntries: readonly Entry[] = views.map(({ name }) => ({
  name,
  title: words.views[name] ?? name,
  summary: words.bar.goTo(words.views[name] ?? name),
  description: '',
  verb: null,
}))

/** Shows the bar until it is closed. */
export function CommandBar({ onClose }: { onClose: () => void }) {
  const typed = useSignal('')
  const chosen = useSignal<Verb | null>(null)
  const verbs = useSignal<readonly Verb[] | null>(null)
  const trouble = useSignal<Trouble | null>(null)
  useEffect(() => {
    fetchVerbs(key.value).then(
      (all) => {
        verbs.value = all
      },
      (thrown: unknown) => {
        trouble.value = refused(thrown)
      },
    )
  }, [])
  const choose = ({ verb, name }: Entry): void => {
    if (verb) chosen.value = verb
    else {
      onClose()
      go(hrefOf(name))
    }
  }
  if (chosen.value)
    return (
      <Dialog title={chosen.value.title} onClose={onClose}>
        <VerbForm
          key={chosen.value.name}
          verb={chosen.value}
          back={() => {
            chosen.value = null
          }}
        />
      </Dialog>
    )
  const entries = [...placeEntries, ...(verbs.value ?? []).map((verb) => ({ ...verb, verb }))]
  const found = findEntries(typed.value, entries, words.bar).slice(0, SHOWN_MAX)
  return (
    <Dialog title={words.bar.title} onClose={onClose}>
      {trouble.value && <TroubleView trouble={trouble.value} />}
      <Search
        typed={typed.value}
        found={found}
        onChoose={choose}
        onType={(text) => {
          typed.value = text
        }}
      />
      {verbs.value === null && !trouble.value && <Waiting />}
    </Dialog>
  )
}

interface SearchProps {
  readonly typed: string
  readonly found: readonly Entry[]
  readonly onType: (text: string) => void
  readonly onChoose: (entry: Entry) => void
}

/** Shows the field, with the list of what was found. The arrow keys move in the list while the field has the focus. */
function Search({ typed, found, onType, onChoose }: SearchProps) {
  const id = useId()
  const at = useSignal(0)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const marked = Math.min(at.value, found.length - 1)
  const optionId = (index: number): string => `${id}-${index}`
  const mark = (index: number): void => {
    at.value = Math.max(0, Math.min(found.length - 1, index))
    document.getElementById(optionId(at.value))?.scrollIntoView({ block: 'nearest' })
  }
  const press = (event: KeyboardEvent): void => {
    const entry = found[marked]
    if (event.key === 'ArrowDown') mark(marked + 1)
    else if (event.key === 'ArrowUp') mark(marked - 1)
    else if (event.key === 'Enter' && entry) onChoose(entry)
    else return
    event.preventDefault()
  }
  return (
    <div class="search">
      <label for={id}>{words.bar.sought}</label>
      <input
        ref={field}
        id={id}
        type="text"
        role="combobox"
        autofocus
        autocomplete="off"
        spellcheck={false}
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={found.length > 0 ? optionId(marked) : undefined}
        aria-describedby={`${id}-hint`}
        value={typed}
        onInput={(event) => {
          at.value = 0
          onType(event.currentTarget.value)
        }}
        onKeyDown={press}
      />
      <p class="hint" id={`${id}-hint`} role="status">
        {found.length === 0 ? words.bar.nothing(typed) : words.bar.soughtHint}
      </p>
      <div class="found" id={`${id}-list`} role="listbox" aria-label={words.bar.found}>
        {found.map((entry, index) => (
          <button
            key={entry.name}
            type="button"
            id={optionId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={index === marked}
            onClick={() => onChoose(entry)}
          >
            <strong>{entry.title}</strong>
            <code>{entry.verb ? entry.name : words.bar.view}</code>
            <span>{entry.summary}</span>
          </button>
        ))}
      </div>
    </div>
  )
}
