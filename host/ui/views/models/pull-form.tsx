/** Asks for a model to pull that is in no list. */
import { useSignal } from '@preact/signals'
import { TextField } from '../../parts/fields.tsx'
import { Card } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { FitButton } from './fit.tsx'
import { isPause } from './pull-state.ts'

/** Pulls a model by its name, sha256 or CID. */
export function PullForm() {
  const typed = useSignal('')
  const pull = useAction('model.pull')
  const { pull: text, verbs } = words.models
  const name = typed.value.trim()
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (name === '') return
    if ((await pull.run({ name, background: true })) !== null) typed.value = ''
  }
  return (
    <Card title={text.title}>
      <form onSubmit={(event) => void submit(event)}>
        <TextField label={text.name} hint={text.hint} typed={typed} />
        <div class="actions">
          <button type="submit" aria-disabled={name === '' || pull.busy}>
            {verbs.pull}
          </button>
          {name !== '' && <FitButton name={name} label={name} />}
          {pull.busy && <span role="status">{text.looking}</span>}
        </div>
      </form>
      {pull.trouble && !isPause(pull.trouble) && <TroubleView trouble={pull.trouble} />}
      <p class="hint">{text.elsewhere}</p>
    </Card>
  )
}
