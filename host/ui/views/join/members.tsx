/** Shows the members of a private network. */
import { useSignal } from '@preact/signals'
import { inSentence } from '../../format/in-sentence.ts'
import { ConfirmButton } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Hash } from '../../parts/hash.tsx'
import { Card, Empty } from '../../parts/layout.tsx'
import { Name } from '../../parts/names.tsx'
import { Table } from '../../parts/table.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { peers } from '../../state/machines.ts'
import { useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { PeerState } from '../home/other-machines.tsx'

/** Shows the members, and revokes them if this machine may. */
export function Members({ mayRevoke }: { mayRevoke: boolean }) {
  const text = words.join.members
  const revoke = useAction('network.revoke')
  const gone = useSignal<string | null>(null)
  const others = peers.value.filter(({ self }) => !self)
  const end = async (peer: string, name: string): Promise<void> => {
    gone.value = null
    if (await revoke.run({ peer })) gone.value = name
  }
  return (
    <Card title={text.title}>
      <p class="hint">{text.about}</p>
      {!mayRevoke && <p class="hint">{text.onlyFounder}</p>}
      {revoke.trouble && <TroubleView trouble={revoke.trouble} />}
      <p role="status">{gone.value !== null && text.revoked(inSentence(gone.value))}</p>
      {others.length === 0 ? (
        <Empty>{text.none}</Empty>
      ) : (
        <Table
          label={text.label}
          rows={others}
          keyOf={({ agent }) => agent}
          columns={[
            { head: text.name, cell: ({ name }) => <Name text={name} /> },
            { head: text.state, cell: (one) => <PeerState peer={one} /> },
            { head: text.key, cell: ({ agent }) => <Hash hash={agent} /> },
            ...(mayRevoke
              ? [
                  {
                    head: words.join.networks.verbs,
                    cell: ({ agent, name }: { agent: string; name: string }) => (
                      <ConfirmButton
                        label={text.revoke}
                        question={text.ask(inSentence(name))}
                        busy={revoke.busy}
                        onYes={() => void end(agent, name)}
                      />
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {mayRevoke && <RevokeByKey busy={revoke.busy} onYes={(key) => void end(key, key)} />}
    </Card>
  )
}

/** Names a machine by its key, because one that was away for long is not listed. */
function RevokeByKey({ busy, onYes }: { busy: boolean; onYes: (key: string) => void }) {
  const text = words.join.members
  const key = useSignal('')
  const named = key.value.trim()
  return (
    <details>
      <summary>{text.awayTitle}</summary>
      <TextField label={text.awayKey} typed={key} />
      <div class="actions">
        {named !== '' && (
          <ConfirmButton
            label={text.revoke}
            question={text.ask(inSentence(named))}
            busy={busy}
            onYes={() => onYes(named)}
          />
        )}
      </div>
    </details>
  )
}
