/** Holds whether a part of a view is open. */
import { useSignal } from '@preact/signals'

/** A part that is open or closed. */
interface Switch {
  readonly on: boolean
  open(): void
  close(): void
  toggle(): void
}

/** Returns a switch, closed at first. */
export function useSwitch(): Switch {
  const on = useSignal(false)
  const set = (value: boolean) => (): void => {
    on.value = value
  }
  return { on: on.value, open: set(true), close: set(false), toggle: set(!on.value) }
}
