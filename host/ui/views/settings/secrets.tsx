/** Stores, lists and removes secrets by name; their values are never shown. */
import { useSignal } from '@preact/signals'
import { base64Of } from '../../format/base64.ts'
import { ConfirmButton } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Card, Empty, Loaded } from '../../parts/layout.tsx'
import { Table } from '../../parts/table.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { type Read, useAction, useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

const text = words.settings.secrets

/** Shows the card. */
export function Secrets() {
  const read = useRead('secret.ls', {})
  const remove = useAction('secret.rm', read)
  return (
    <Card title={text.title}>
      <p class="hint">{text.about}</p>
      {remove.trouble && <TroubleView trouble={remove.trouble} />}
      <Loaded read={read}>
        {({ secrets }) =>
          secrets.length === 0 ? (
            <Empty>{text.none}</Empty>
          ) : (
            <Table
              label={text.title}
              columns={[
                { head: text.name, cell: ({ name }) => name },
                { head: text.from, cell: ({ from }) => text.places[from] ?? from },
                {
                  head: text.verbs,
                  cell: ({ name, from }) =>
                    from === 'file' ? (
                      <ConfirmButton
                        label={text.remove}
                        question={text.removeAsk(name)}
                        busy={remove.busy}
                        onYes={() => void remove.run({ name })}
                      />
                    ) : null,
                },
              ]}
              rows={secrets}
              keyOf={({ name }) => name}
            />
          )
        }
      </Loaded>
      <NewSecret secrets={read} />
    </Card>
  )
}

function NewSecret({ secrets }: { secrets: Read<unknown> }) {
  const set = useAction('secret.set', secrets)
  const [name, value] = [useSignal(''), useSignal('')]
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const base64 = await base64Of(new Blob([value.value]))
    const done = await set.run({ name: name.value.trim(), base64 })
    if (done === null) return
    name.value = ''
    value.value = ''
  }
  return (
    <form class="new-secret" onSubmit={(event) => void submit(event)}>
      <TextField label={text.name} hint={text.nameHint} typed={name} required />
      <TextField label={text.value} hint={text.valueHint} typed={value} required hidden />
      <div class="actions">
        <button type="submit" disabled={set.busy}>
          {text.store}
        </button>
        <span role="status" class="hint">
          {set.value && !set.busy && text.stored(set.value.name)}
        </span>
      </div>
      {set.trouble && <TroubleView trouble={set.trouble} />}
    </form>
  )
}
