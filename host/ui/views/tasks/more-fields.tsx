/** Shows the fields of a task that few people need. */
import { engineLimits } from '../../../limits/engine.ts'
import { CheckField, NumberField, SelectField, TextField } from '../../parts/fields.tsx'
import { words } from '../../words/words.ts'
import { checked, type numberFields, type timeFields, typed } from './draft.ts'

type NumberName = (typeof numberFields)[number] | (typeof timeFields)[number]

/** The usual values that the page knows. */
const usual: Partial<Record<NumberName, number>> = {
  max_tokens: engineLimits.max_tokens_default,
  temperature: 0,
  seed: 0,
  cores: 0,
  memory_mib: 0,
  disk_mib: 0,
  gpus: 0,
  vram_mib: 0,
}

/** Shows them, closed at first. */
export function MoreFields() {
  const { form } = words.tasks
  return (
    <details class="more">
      <summary>{form.more}</summary>
      <fieldset>
        <legend>{form.where}</legend>
        <div class="fields">
          <SelectField label={form.prefer} chosen={typed.prefer}>
            <option value="">{form.any}</option>
            <option value="nearest">{form.nearest}</option>
            <option value="cheapest">{form.cheapest}</option>
            <option value="fastest">{form.fastest}</option>
          </SelectField>
          <SelectField label={form.strategy} chosen={typed.strategy}>
            <option value="">{form.locality}</option>
            <option value="weighted_score">{form.weighted}</option>
          </SelectField>
          <NumberInput name="cores" />
          <NumberInput name="memory_mib" />
          <NumberInput name="disk_mib" />
          <NumberInput name="gpus" />
          <NumberInput name="vram_mib" />
        </div>
        <TextField label={form.tags} hint={form.tagsHint} typed={typed.tags} />
        <CheckField label={form.force} checked={checked.force} />
        <CheckField label={form.public} checked={checked.public} />
      </fieldset>
      <fieldset>
        <legend>{form.howLong}</legend>
        <div class="fields">
          <NumberInput name="timeout_ms" />
          <NumberInput name="queue_timeout_ms" />
          <NumberInput name="run_timeout_ms" />
          <NumberInput name="lease_ms" />
          <NumberInput name="attempts" />
        </div>
      </fieldset>
      <fieldset>
        <legend>{form.sampling}</legend>
        <div class="fields">
          <NumberInput name="temperature" hint={form.temperatureHint} />
          <NumberInput name="seed" />
          <TextField label={form.key} hint={form.keyHint} typed={typed.key} />
        </div>
      </fieldset>
      <fieldset>
        <legend>{form.whoElse}</legend>
        <div class="fields">
          <NumberInput name="fallback_after_ms" />
          <TextField label={form.fallback_to} hint={form.fallback_toHint} typed={typed.fallback_to} />
        </div>
      </fieldset>
    </details>
  )
}

/** Asks for a number; empty for the usual one. */
export function NumberInput({ name, hint }: { name: NumberName; hint?: string }) {
  const { form } = words.tasks
  return (
    <NumberField
      label={form[name]}
      typed={typed[name]}
      min={0}
      step="any"
      placeholder={usual[name]?.toString() ?? form.usual}
      {...(hint === undefined ? {} : { hint })}
    />
  )
}
