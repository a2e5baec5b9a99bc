/** Shows the form for a question. */
import { useSignal } from '@preact/signals'
import { engineLimits } from '../../../limits/engine.ts'
import { busy, chosen, groups, look, put, stop } from './store.ts'

/** The highest temperature that the API accepts. */
const TEMPERATURE_MAX = 2

/** The typed content of a field. */
interface Typed {
  value: string
}

/** Asks for the model, the question and the settings. */
export function AskForm() {
  const prompt = useSignal('')
  const system = useSignal('')
  const temperature = useSignal('0.7')
  const tokens = useSignal('')
  const ready = chosen.value !== null && prompt.value.trim() !== '' && !busy.value
  const submit = (event: Event): void => {
    event.preventDefault()
    if (!ready || chosen.value === null) return
    void put({
      model: chosen.value,
      prompt: prompt.value,
      system: system.value,
      temperature: numberOf(temperature),
      max_tokens: numberOf(tokens),
    })
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event)
  }
  return (
    <form class="card ask" onSubmit={submit}>
      <h2 class="unseen">Ask</h2>
      <ModelPicker />
      <TextField
        id="prompt"
        label="Question"
        typed={prompt}
        rows={4}
        onKeyDown={onKey}
        keys="Control+Enter"
      />
      <details>
        <summary>More</summary>
        <TextField id="system" label="What the model is told first" typed={system} rows={2} />
        <div class="row">
          <NumberField
            id="temperature"
            label="Temperature"
            typed={temperature}
            max={TEMPERATURE_MAX}
            step={0.1}
          />
          <NumberField
            id="tokens"
            label="Most tokens"
            typed={tokens}
            min={1}
            max={engineLimits.max_tokens_max}
          />
        </div>
      </details>
      <div class="actions">
        <button type="submit" aria-disabled={!ready}>
          Ask
        </button>
        <button type="button" class="quiet" onClick={stop} aria-disabled={!busy.value}>
          Stop
        </button>
        <span class="hint keys">Ctrl + Enter asks</span>
      </div>
    </form>
  )
}

function numberOf({ value }: Typed): number | null {
  return value === '' ? null : Number(value)
}

function ModelPicker() {
  const where = groups.value.flatMap(({ choices }) => choices).find(({ id }) => id === chosen.value)?.where
  return (
    <div class="picker">
      <label for="model">Model</label>
      <select
        id="model"
        value={chosen.value ?? ''}
        onChange={(event) => {
          chosen.value = event.currentTarget.value
        }}
        aria-describedby="model-where"
      >
        {groups.value.length === 0 && <option value="">no model is known yet</option>}
        {groups.value.map(({ label, choices }) => (
          <optgroup key={label} label={label}>
            {choices.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <button type="button" class="quiet" onClick={() => void look()}>
        Refresh
      </button>
      <p id="model-where" class="hint">
        {where || '\u00a0'}
      </p>
    </div>
  )
}

interface TextFieldProps {
  readonly id: string
  readonly label: string
  readonly typed: Typed
  readonly rows: number
  readonly keys?: string
  onKeyDown?(event: KeyboardEvent): void
}

function TextField({ id, label, typed, rows, keys, onKeyDown }: TextFieldProps) {
  return (
    <>
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value
        }}
        onKeyDown={onKeyDown}
        aria-keyshortcuts={keys}
      />
    </>
  )
}

interface NumberFieldProps {
  readonly id: string
  readonly label: string
  readonly typed: Typed
  readonly min?: number
  readonly max: number
  readonly step?: number
}

function NumberField({ id, label, typed, min = 0, max, step = 1 }: NumberFieldProps) {
  return (
    <div>
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        min={min}
        max={max}
        step={step}
        placeholder="by default"
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value
        }}
      />
    </div>
  )
}
