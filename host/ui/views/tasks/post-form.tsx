/** Shows the form that posts a task, and where the task would go. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { Loaded, View } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { peers } from '../../state/machines.ts'
import { useAction, useRead } from '../../state/operations.ts'
import { go, hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { draftOf, emptyDraft, fillDraft, inputOf, planInputOf, readDraft, typed } from './draft.ts'
import { MoreFields, NumberInput } from './more-fields.tsx'
import { PlanCard } from './plan-card.tsx'

/** Rows of the field for the prompt. */
const PROMPT_ROWS = 5

/** Shows the form; with the hash of a task, filled from its request. */
export function PostForm({ from }: { from: string | null }) {
  const { form, back } = words.tasks
  const request = useRead('task.request', from === null ? null : { id: from })
  const filled = useSignal<string | null>(null)
  useEffect(() => {
    if (request.value === null || from === null || filled.value === from) return
    filled.value = from
    fillDraft(draftOf(request.value))
  }, [request.value])
  return (
    <View title={from === null ? form.title : form.titleAgain} actions={<a href={hrefOf('tasks')}>{back}</a>}>
      {from !== null && (
        <Loaded read={request}>{({ whole }) => !whole && <p class="hint">{form.part}</p>}</Loaded>
      )}
      <Form />
    </View>
  )
}

function Form() {
  const { form, plan: planText } = words.tasks
  const post = useAction('task.post')
  const plan = useAction('task.plan')
  const planned = useSignal('')
  const draft = readDraft()
  const placement = JSON.stringify(planInputOf(draft))
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const task = await post.run(inputOf(draft))
    if (task === null) return
    fillDraft(emptyDraft)
    go(hrefOf('tasks', [task.task]))
  }
  const ask = async (): Promise<void> => {
    planned.value = placement
    await plan.run(planInputOf(draft))
  }
  return (
    <>
      <form class="card" onSubmit={(event) => void submit(event)}>
        <TextField
          label={form.prompt}
          hint={form.promptHint}
          typed={typed.prompt}
          rows={PROMPT_ROWS}
          required
        />
        <div class="fields">
          <ModelField />
          <NumberInput name="max_tokens" hint={form.max_tokensHint} />
          <SelectField label={form.priority} chosen={typed.priority}>
            <option value="">{form.interactive}</option>
            <option value="background">{form.background}</option>
          </SelectField>
        </div>
        <TextField label={form.after} hint={form.afterHint} typed={typed.after} />
        <MoreFields />
        {post.trouble && <TroubleView trouble={post.trouble} />}
        <div class="actions">
          <button type="submit" disabled={post.busy}>
            {post.busy ? form.posting : form.post}
          </button>
          <button type="button" class="quiet" disabled={plan.busy} onClick={() => void ask()}>
            {planText.ask}
          </button>
          <button type="button" class="quiet" onClick={() => fillDraft(emptyDraft)}>
            {form.clear}
          </button>
        </div>
      </form>
      {plan.trouble && <TroubleView trouble={plan.trouble} />}
      {plan.value && <PlanCard plan={plan.value} isStale={planned.value !== placement} />}
    </>
  )
}

/** Offers the models that any machine of the network can run. */
function ModelField() {
  const { form } = words.tasks
  const names = [...new Set(peers.value.flatMap(({ models }) => models))].sort()
  const { value } = typed.model
  const offered = value === '' || names.includes(value) ? names : [value, ...names]
  return (
    <SelectField label={form.model} chosen={typed.model}>
      <option value="">{form.modelDefault}</option>
      {offered.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  )
}
