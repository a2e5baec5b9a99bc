/** Shows one field of a generated form. */
import { useId } from 'preact/hooks'
import { base64Of } from '../format/base64.ts'
import { words } from '../words/words.ts'
import { durationText, type Field } from './form-fields.ts'

interface Props {
  readonly field: Field
  readonly text: string
  readonly onType: (text: string) => void
}

/** Shows a field with its description, its bounds and its default. */
export function FormField({ field, text, onType }: Props) {
  const id = useId()
  const { name, label, kind, required } = field
  const hint = hintOf(field)
  const shown = (
    <label for={id}>
      {label}
      {required && <span class="soft"> ({words.bar.needed})</span>}
    </label>
  )
  const about = (
    <p class="hint" id={`${id}-hint`}>
      {hint}
    </p>
  )
  if (kind === 'choices') return <Choices {...{ field, text, onType }} />
  const shared = { id, name, 'aria-describedby': `${id}-hint` }
  if (kind === 'check')
    return (
      <div class="field check">
        <input
          {...shared}
          type="checkbox"
          checked={text === 'yes'}
          onChange={(event) => onType(event.currentTarget.checked ? 'yes' : '')}
        />
        {shown}
        {about}
      </div>
    )
  return (
    <div class="field">
      {shown}
      <Control {...{ field, text, onType, shared }} />
      {about}
    </div>
  )
}

type Shared = { readonly id: string; readonly name: string; readonly 'aria-describedby': string }

function Control({ field, text, onType, shared }: Props & { shared: Shared }) {
  const { kind, among, usual, required } = field
  const typing = {
    ...shared,
    value: text,
    required,
    onInput: (event: { currentTarget: { value: string } }): void => onType(event.currentTarget.value),
  }
  if (kind === 'choice')
    return (
      <select {...typing}>
        {usual === '' && <option value="">{words.bar.noChoice}</option>}
        {among.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    )
  if (kind === 'file')
    return (
      <input
        {...shared}
        type="file"
        onChange={(event) => void readFile(event.currentTarget.files?.[0], onType)}
      />
    )
  if (kind === 'lines' || kind === 'list' || kind === 'json')
    return <textarea {...typing} rows={kind === 'lines' ? 3 : 2} spellcheck={kind === 'lines'} />
  return (
    <input
      {...typing}
      type="text"
      inputMode={kind === 'number' ? 'decimal' : 'text'}
      autocomplete="off"
      spellcheck={false}
    />
  )
}

function Choices({ field, text, onType }: Props) {
  const id = useId()
  const chosen = text.split('\n').filter((one) => one !== '')
  const toggle = (one: string, on: boolean): void =>
    onType(field.among.filter((other) => (other === one ? on : chosen.includes(other))).join('\n'))
  return (
    <fieldset class="field" aria-describedby={`${id}-hint`}>
      <legend>{field.label}</legend>
      {field.among.map((one) => (
        <label key={one}>
          <input
            type="checkbox"
            name={field.name}
            checked={chosen.includes(one)}
            onChange={(event) => toggle(one, event.currentTarget.checked)}
          />
          {one}
        </label>
      ))}
      <p class="hint" id={`${id}-hint`}>
        {hintOf(field)}
      </p>
    </fieldset>
  )
}

/** Types a file in base64. An unreadable file counts as none chosen. */
async function readFile(file: File | undefined, onType: (text: string) => void): Promise<void> {
  onType(file === undefined ? '' : await base64Of(file).catch(() => ''))
}

/** Returns what a field is, how it is typed, its bounds and its default. */
function hintOf({ about, kind, min, max, usual }: Field): string {
  const show = (bound: number): string => (kind === 'duration' ? durationText(bound) : String(bound))
  const isCounted = kind === 'duration' || kind === 'number'
  const facts = [
    kind === 'duration' && words.bar.time,
    kind === 'list' && words.bar.eachLine,
    kind === 'json' && words.bar.json,
    isCounted && min !== null && max !== null && words.bar.range(show(min), show(max)),
    isCounted && min !== null && max === null && min > 0 && words.bar.least(show(min)),
    isCounted && min === null && max !== null && words.bar.most(show(max)),
    usual !== '' && kind !== 'check' && words.bar.usual(usual.replaceAll('\n', ', ')),
  ].filter((one) => one !== false)
  return facts.length === 0 ? about : `${about} (${facts.join('; ')})`
}
