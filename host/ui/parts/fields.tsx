/** Shows the fields of forms. */
import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface FieldProps {
  readonly label: string
  readonly hint?: string
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
  const id = useId()
  const shared = {
    ...rest,
    id,
    value: typed.value,
    onInput: (event: { currentTarget: { value: string } }): void => {
      typed.value = event.currentTarget.value
    },
    'aria-describedby': hint ? `${id}-hint` : undefined,
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows !== undefined ? (
        <textarea rows={rows} {...shared} />
      ) : hidden ? (
        <input type="password" autocomplete="new-password" {...shared} />
      ) : (
        <input type="text" {...shared} />
      )}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
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
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...rest}
        id={id}
        type="number"
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value
        }}
        aria-describedby={hint ? `${id}-hint` : undefined}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
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
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={chosen.value}
        onChange={(event) => {
          chosen.value = event.currentTarget.value
        }}
        aria-describedby={hint ? `${id}-hint` : undefined}
      >
        {children}
      </select>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

/** Asks yes or no. */
export function CheckField({ label, hint, checked }: FieldProps & { readonly checked: Signal<boolean> }) {
  const id = useId()
  return (
    <div class="field check">
      <input
        id={id}
        type="checkbox"
        checked={checked.value}
        onChange={(event) => {
          checked.value = event.currentTarget.checked
        }}
        aria-describedby={hint ? `${id}-hint` : undefined}
      />
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
