/** Shows the form of one verb, runs it, and shows its answer. */
import { type Signal, useComputed, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { OperationName } from '../daemon/call.ts'
import { cut } from '../format/cut.ts'
import { ConfirmButton } from '../parts/dialog.tsx'
import { Waiting } from '../parts/layout.tsx'
import { TroubleView } from '../parts/trouble.tsx'
import { useAction } from '../state/operations.ts'
import { words } from '../words/words.ts'
import { AnswerTree } from './answer-tree.tsx'
import { FormField } from './form-field.tsx'
import { type Field, fieldsOf, readForm, type Typed } from './form-fields.ts'
import type { Verb } from './verbs.ts'

/** The most characters of a value that a question names. */
const NAMED_CHARS = 60
/** Optional fields that are shown at once; more of them are folded up. */
const FIELDS_OPEN = 3

/** Shows the form. A verb that removes something asks once, with what it was given. */
export function VerbForm({ verb, back }: { verb: Verb; back: () => void }) {
  const fields = fieldsOf(verb.input)
  const typed = useSignal<Typed>({})
  const fault = useSignal<string | null>(null)
  const form = useRef<HTMLFormElement>(null)
  // The name comes from the daemon itself, so it is one of its operations.
  const action = useAction(verb.name as OperationName)
  useEffect(() => form.current?.querySelector<HTMLElement>('input, select, textarea, button')?.focus(), [])
  const question = useComputed(() => words.bar.sure(verb.title, namedOf(fields, typed.value)))
  const run = (): void => {
    const reading = readForm(fields, typed.value)
    fault.value = null
    if ('input' in reading) void action.run(reading.input as never)
    else {
      const label = fields.find(({ name }) => name === reading.field)?.label ?? reading.field
      fault.value = words.bar.faults[reading.fault](label)
      form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(reading.field)}"]`)?.focus()
    }
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    // A verb that removes something is started by its question alone.
    if (verb.effect !== 'destroy') run()
  }
  return (
    <>
      <form ref={form} class="verb" onSubmit={submit} noValidate>
        <p>{verb.description || verb.summary}</p>
        <p class="hint">
          <code>{verb.name}</code> {words.bar.effects[verb.effect]}. {words.bar.needs(verb.scope)}
        </p>
        <FormFields fields={fields} typed={typed} />
        {fault.value && (
          <p class="fault" role="alert">
            {fault.value}
          </p>
        )}
        <div class="actions">
          {verb.effect === 'destroy' ? (
            <ConfirmButton label={verb.title} question={question.value} onYes={run} />
          ) : (
            <button type="submit" aria-disabled={action.busy}>
              {words.bar.run}
            </button>
          )}
          {action.busy && (
            <>
              <Waiting text={words.bar.running} />
              <button type="button" class="quiet" onClick={action.stop}>
                {words.bar.stop}
              </button>
            </>
          )}
          <button type="button" class="quiet" onClick={back}>
            {words.bar.back}
          </button>
        </div>
      </form>
      {action.trouble && <TroubleView trouble={action.trouble} />}
      {action.value !== null && <AnswerTree value={action.value} />}
    </>
  )
}

/** Shows the fields that the verb needs, and the others, which are folded up if there are many. */
function FormFields({ fields, typed }: { fields: readonly Field[]; typed: Signal<Typed> }) {
  const show = (field: Field) => (
    <FormField
      key={field.name}
      field={field}
      text={typed.value[field.name] ?? field.usual}
      onType={(text) => {
        typed.value = { ...typed.value, [field.name]: text }
      }}
    />
  )
  const others = fields.filter(({ required }) => !required)
  return (
    <>
      {fields.filter(({ required }) => required).map(show)}
      {others.length > FIELDS_OPEN ? (
        <details>
          <summary>{words.bar.more(others.length)}</summary>
          {others.map(show)}
        </details>
      ) : (
        others.map(show)
      )}
    </>
  )
}

/** Returns what was typed, for a question. */
function namedOf(fields: readonly Field[], typed: Typed): string {
  return fields
    .map(({ name, kind, label }) => (kind === 'check' && typed[name] ? label : (typed[name] ?? '')))
    .map((text) => cut(text, NAMED_CHARS))
    .filter((text) => text !== '')
    .join(', ')
}
