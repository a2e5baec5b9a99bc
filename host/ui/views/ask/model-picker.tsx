/** Asks for the model, among all that may be asked. */
import type { Signal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { TroubleView } from '../../parts/trouble.tsx'
import { words } from '../../words/words.ts'
import { groups, modelTrouble, readModels } from './models.ts'

/** Asks for a model. A chosen model that no machine offers any more stays in the list, so that its chat says so. */
export function ModelPicker({ chosen }: { chosen: Signal<string> }) {
  const id = useId()
  const { ask } = words
  const found = groups.value.flatMap(({ choices }) => choices).find((one) => one.id === chosen.value)
  return (
    <div class="picker">
      <label for={id}>{ask.model}</label>
      <select
        id={id}
        value={chosen.value}
        onChange={(event) => {
          chosen.value = event.currentTarget.value
        }}
        aria-describedby={`${id}-where`}
      >
        {!found && <option value={chosen.value}>{chosen.value || ask.noModel}</option>}
        {groups.value.map(({ label, choices }) => (
          <optgroup key={label} label={label}>
            {choices.map((choice) => (
              <option key={choice.id} value={choice.id}>
                {choice.label}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <button type="button" class="quiet" onClick={() => void readModels()}>
        {ask.refresh}
      </button>
      <p id={`${id}-where`} class="hint">
        {found?.where || '\u00a0'}
      </p>
      {modelTrouble.value && <TroubleView trouble={modelTrouble.value} />}
    </div>
  )
}
