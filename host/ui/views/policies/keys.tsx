/** Makes, lists and removes the keys of programs. */
import { useSignal } from '@preact/signals'
import type { AnswerOf, InputOf } from '../../daemon/call.ts'
import { count } from '../../format/format.ts'
import { ConfirmButton } from '../../parts/dialog.tsx'
import { CheckField, NumberField, TextField } from '../../parts/fields.tsx'
import { Copy } from '../../parts/hash.tsx'
import { Card, Loaded } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { Table } from '../../parts/table.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { type Read, useAction, useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

type Key = AnswerOf<'key.ls'>['keys'][number]
type Scope = Key['scopes'][number]

const scopeNames: readonly Scope[] = ['infer', 'read', 'write', 'admin']

const text = words.policies.keys

/** Shows the keys with their use, and the form for a new one. */
export function Keys() {
  const read = useRead('key.ls', {}, ['tasks'])
  const remove = useAction('key.rm', read)
  return (
    <Card title={text.title}>
      <p class="hint">{text.about}</p>
      {remove.trouble && <TroubleView trouble={remove.trouble} />}
      <Loaded read={read}>
        {({ keys }) => (
          <Table
            label={text.title}
            columns={[
              { head: text.name, cell: ({ name }) => name },
              { head: text.scopes, cell: ({ scopes }) => scopes.join(', ') },
              { head: text.today, cell: (key) => useText(key), figures: true },
              {
                head: text.made,
                cell: ({ created_at }) => (created_at === null ? text.byRipple : <Age at={created_at} />),
              },
              {
                head: text.verbs,
                cell: ({ name, created_at }) =>
                  created_at === null ? null : (
                    <ConfirmButton
                      label={text.remove}
                      question={text.removeAsk(name)}
                      busy={remove.busy}
                      onYes={() => void remove.run({ name })}
                    />
                  ),
              },
            ]}
            rows={keys}
            keyOf={({ name }) => name}
          />
        )}
      </Loaded>
      <NewKey keys={read} />
    </Card>
  )
}

function useText({ today, tokens_per_day }: Key): string {
  const tokens = today.tokens_in + today.tokens_out
  const bound = tokens_per_day === null ? count(tokens) : text.of(count(tokens), count(tokens_per_day))
  return text.use(count(today.requests), bound)
}

function NewKey({ keys }: { keys: Read<unknown> }) {
  const create = useAction('key.create', keys)
  const name = useSignal('')
  const tokens = useSignal('')
  const chosen = {
    infer: useSignal(true),
    read: useSignal(false),
    write: useSignal(false),
    admin: useSignal(false),
  }
  const shown = useSignal<AnswerOf<'key.create'> | null>(null)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const wish: InputOf<'key.create'> = {
      name: name.value.trim(),
      scopes: scopeNames.filter((one) => chosen[one].value),
      tokens_per_day: tokens.value === '' ? null : Number(tokens.value),
    }
    shown.value = await create.run(wish)
    if (shown.value !== null) name.value = ''
  }
  return (
    <details class="new-key">
      <summary>{text.create}</summary>
      <form onSubmit={(event) => void submit(event)}>
        <TextField label={text.name} hint={text.nameHint} typed={name} required />
        <fieldset>
          <legend>{text.scopes}</legend>
          {scopeNames.map((one) => (
            <CheckField key={one} label={one} hint={text.scopeAbout[one]} checked={chosen[one]} />
          ))}
        </fieldset>
        <NumberField label={text.bound} hint={text.boundHint} typed={tokens} min={1} />
        <div class="actions">
          <button type="submit" disabled={create.busy}>
            {text.create}
          </button>
        </div>
      </form>
      {create.trouble && <TroubleView trouble={create.trouble} />}
      <div aria-live="polite">
        {shown.value && (
          <div class="key-once">
            <p>{text.once(shown.value.name)}</p>
            <p>
              <code>{shown.value.key}</code> <Copy text={shown.value.key} label={text.copy} />
            </p>
            <button
              type="button"
              class="quiet small"
              onClick={() => {
                shown.value = null
              }}
            >
              {text.stored}
            </button>
          </div>
        )}
      </div>
    </details>
  )
}
