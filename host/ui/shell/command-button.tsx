/** Opens the command bar, by a button or by Ctrl-K. */
import { useSignal } from '@preact/signals'
import type { FunctionComponent } from 'preact'
import { useEffect } from 'preact/hooks'
import { useSwitch } from '../state/switch.ts'
import { words } from '../words/words.ts'

/** Shows the button, and the bar while it is open. Its code is loaded when it is first opened. */
export function CommandButton() {
  const bar = useSwitch()
  const Bar = useSignal<FunctionComponent<{ onClose: () => void }> | null>(null)
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return
      event.preventDefault()
      bar.open()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
  useEffect(() => {
    if (bar.on)
      import('../bar/bar.tsx').then(
        ({ CommandBar }) => {
          Bar.value = CommandBar
        },
        () => bar.close(),
      )
  }, [bar.on])
  return (
    <>
      <button type="button" class="quiet small commands" aria-keyshortcuts="Control+K" onClick={bar.open}>
        {words.bar.open} <kbd>{words.bar.shortcut}</kbd>
      </button>
      {bar.on && Bar.value && <Bar.value onClose={bar.close} />}
    </>
  )
}
