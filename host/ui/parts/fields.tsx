/** Shows the fields of forms. */
import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface FieldProps {
  readonly label: string
  readonly hint?: string
}

/** Returns the attributes of a control that a hint describes, and the hint to be shown below it. */
function useHint(hint: string | undefined) {
  const id = useId()
  const hintId = `${id}-hint`
  return {
    control: { id, 'aria-describedby': hint ? hintId : undefined },
    shown: hint && (
      <p class="hint" id={hintId}>
        {hint}
      </p>
    ),
  }
}

type TextProps = FieldProps & {
  readonly typed: Signal<string>
  /** More than one line. */
  readonly rows?: number
  readonly placeholder?: string
  readonly required?: boolean
  /** Whether it is hidden while it is typed, and remembered by no browser. */
  readonly hidden?: boolean
  readonly onKeyDown?: (event: KeyboardEvent) => void
}

/** Asks for a text. */
export function TextField({ label, hint, typed, rows, hidden = false, ...rest }: TextProps) {
  const { control, shown } = useHint(hint)
  const shared = {
    ...rest,
    ...control,
    value: typed.value,
    onInput: (event: { currentTarget: { value: string } }): void => {
      typed.value = event.currentTarget.value
    },
  }
  return (
    <div class="field">
      <label for={control.id}>{label}</label>
      {rows !== undefined ? (
        <textarea rows={rows} {...shared} />
      ) : hidden ? (
        <input type="password" autocomplete="new-password" {...shared} />
      ) : (
        <input type="text" {...shared} />
      )}
      {shown}
    </div>
  )
}

type NumberProps = FieldProps & {
  /** Empty for the default. */
  readonly typed: Signal<string>
  readonly min?: number
  readonly max?: number
  readonly step?: number | 'any'
  readonly placeholder?: string
}

/** Asks for a number. */
export function NumberField({ label, hint, typed, ...rest }: NumberProps) {
  const { control, shown } = useHint(hint)
  return (
    <div class="field">
      <label for={control.id}>{label}</label>
      <input
        {...rest}
        {...control}
        type="number"
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value
        }}
      />
      {shown}
    </div>
  )
}

type SelectProps = FieldProps & {
  readonly chosen: Signal<string>
  /** Options, or groups of options, as elements. */
  readonly children: ComponentChildren
}

/** Asks for one of several values. */
export function SelectField({ label, hint, chosen, children }: SelectProps) {
  const { control, shown } = useHint(hint)
  return (
    <div class="field">
      <label for={control.id}>{label}</label>
      <select
        {...control}
        value={chosen.value}
        onChange={(event) => {
          chosen.value = event.currentTarget.value
        }}
      >
        {children}
      </select>
      {shown}
    </div>
  )
}

/** Asks yes or no. */
export function CheckField({ label, hint, checked }: FieldProps & { readonly checked: Signal<boolean> }) {
  const { control, shown } = useHint(hint)
  return (
    <div class="field check">
      <input
        {...control}
        type="checkbox"
        checked={checked.value}
        onChange={(event) => {
          checked.value = event.currentTarget.checked
        }}
      />
      <label for={control.id}>{label}</label>
      {shown}
    </div>
  )
}
