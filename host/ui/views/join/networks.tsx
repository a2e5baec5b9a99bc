/** Shows the networks of the data folder, makes private ones, and chooses that of the next start. */
import { useSignal } from '@preact/signals'
import type { AnswerOf } from '../../daemon/call.ts'
import { quoted } from '../../format/quoted.ts'
import { Command } from '../../parts/command.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Hash } from '../../parts/hash.tsx'
import { Card, Facts, Loaded, State } from '../../parts/layout.tsx'
import { Name } from '../../parts/names.tsx'
import { Table } from '../../parts/table.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { machine } from '../../state/machines.ts'
import { type Read, useAction, useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { runningName } from './own-network.ts'

type Network = AnswerOf<'network.ls'>['networks'][number]

/** Shows the networks, with what a change of network takes. */
export function Networks({ known }: { known: Read<AnswerOf<'network.ls'>> }) {
  const text = words.join.networks
  const use = useAction('network.use', known)
  const create = useAction('network.create', known)
  return (
    <Card title={text.title}>
      <p class="hint">{text.about}</p>
      {use.trouble && <TroubleView trouble={use.trouble} />}
      <Loaded read={known}>
        {({ networks }) => (
          <>
            <NetworkTable networks={networks} busy={use.busy} onUse={(name) => void use.run({ name })} />
            <Restart networks={networks} />
          </>
        )}
      </Loaded>
      <details>
        <summary>{text.create}</summary>
        <p>{text.createAbout}</p>
        {create.trouble && <TroubleView trouble={create.trouble} />}
        <NameForm
          label={text.createName}
          hint={text.createHint}
          verb={text.createDo}
          busy={create.busy}
          onName={(name) => void create.run({ name })}
        />
      </details>
      <details>
        <summary>{text.open}</summary>
        <p>{text.openAbout}</p>
        <NameForm
          label={text.openName}
          verb={text.use}
          busy={use.busy}
          onName={(name) => void use.run({ name })}
        />
      </details>
    </Card>
  )
}

interface NetworkTableProps {
  readonly networks: readonly Network[]
  readonly busy: boolean
  readonly onUse: (name: string) => void
}

function NetworkTable({ networks, busy, onUse }: NetworkTableProps) {
  const text = words.join.networks
  const running = runningName()
  const shown = useSignal<string | null>(null)
  return (
    <>
      <Table
        label={text.label}
        rows={networks}
        keyOf={({ name }) => name}
        columns={[
          { head: text.name, cell: ({ name }) => <Name text={name} /> },
          {
            head: text.kind,
            cell: (one) => (one.private ? words.join.invite.isPrivate : words.join.invite.isOpen),
          },
          { head: text.role, cell: ({ role }) => text.roles[role] },
          {
            head: text.state,
            cell: ({ name, current }) => (
              <span class="states">
                {name === running && <State tone="good">{text.running}</State>}
                {current && <State tone={name === running ? 'off' : 'busy'}>{text.next}</State>}
              </span>
            ),
          },
          {
            head: words.join.networks.verbs,
            cell: ({ name, current }) => (
              <span class="network-verbs">
                {!current && (
                  <button
                    type="button"
                    class="quiet small"
                    aria-label={text.useName(name)}
                    disabled={busy}
                    onClick={() => onUse(name)}
                  >
                    {text.use}
                  </button>
                )}
                <button
                  type="button"
                  class="quiet small"
                  aria-label={text.detailsOf(name)}
                  aria-expanded={shown.value === name}
                  onClick={() => {
                    shown.value = shown.value === name ? null : name
                  }}
                >
                  {text.details}
                </button>
              </span>
            ),
          },
        ]}
      />
      {shown.value !== null && <Details name={shown.value} />}
    </>
  )
}

function Details({ name }: { name: string }) {
  const text = words.join.networks
  const shown = useRead('network.show', { name })
  return (
    <Loaded read={shown}>
      {({ seed, founder, agent }) => (
        <Facts
          facts={[
            [text.name, <Name key="name" text={name} />],
            [text.seed, <code key="seed">{seed}</code>],
            [text.founder, founder && <Hash hash={founder} />],
            [text.agent, agent ? <Hash hash={agent} /> : founder && text.notYet],
          ]}
        />
      )}
    </Loaded>
  )
}

/** Says how the daemon gets to the network of the next start, if that is another one. */
function Restart({ networks }: { networks: readonly Network[] }) {
  const next = networks.find(({ current }) => current)
  const running = runningName()
  if (next === undefined || running === null || next.name === running) return null
  const data = quoted(machine.value?.data ?? '')
  return (
    <div role="status" class="restart">
      <p>{words.join.networks.restart(next.name)}</p>
      <Command text={`ripple down --data ${data} && ripple up --data ${data}`} />
    </div>
  )
}

interface NameFormProps {
  readonly label: string
  readonly hint?: string
  readonly verb: string
  readonly busy: boolean
  readonly onName: (name: string) => void
}

function NameForm({ label, hint, verb, busy, onName }: NameFormProps) {
  const name = useSignal('')
  const submit = (event: Event): void => {
    event.preventDefault()
    if (name.value.trim() !== '') onName(name.value.trim())
  }
  return (
    <form onSubmit={submit}>
      <TextField label={label} {...(hint && { hint })} typed={name} />
      <div class="actions">
        <button type="submit" disabled={busy}>
          {verb}
        </button>
      </div>
    </form>
  )
}
