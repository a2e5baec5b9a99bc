/** Shows dialogs, and asks before something is removed. */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { useSwitch } from '../state/switch.ts'
import { words } from '../words/words.ts'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
  /** Whether the Escape key does not close it. */
  readonly stays?: boolean
}

/** Shows a dialog above the page, as long as it is rendered. */
export function Dialog({ title, onClose, children, stays = false }: DialogProps) {
  const id = useId()
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = box.current
    const before = document.activeElement
    dialog?.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={box}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        if (!stays) onClose()
      }}
    >
      <div class="head">
        <h2 id={id}>{title}</h2>
        {!stays && (
          <button type="button" class="quiet small" onClick={onClose}>
            {words.parts.close}
          </button>
        )}
      </div>
      {children}
    </dialog>
  )
}

interface ConfirmProps {
  /** The button's text: a verb. */
  readonly label: string
  /** The question, which names what is removed. */
  readonly question: string
  readonly onYes: () => void
  readonly busy?: boolean
}

/** A button for a verb that removes something. It asks once. */
export function ConfirmButton({ label, question, onYes, busy = false }: ConfirmProps) {
  const asking = useSwitch()
  const yes = (): void => {
    asking.close()
    onYes()
  }
  return (
    <>
      <button type="button" class="danger small" disabled={busy} onClick={asking.open}>
        {label}
      </button>
      {asking.on && (
        <Dialog title={question} onClose={asking.close}>
          <div class="actions">
            <button type="button" class="danger" onClick={yes}>
              {label}
            </button>
            <button type="button" class="quiet" onClick={asking.close}>
              {words.parts.cancel}
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}
