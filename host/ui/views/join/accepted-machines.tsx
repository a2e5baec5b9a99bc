/** Shows the machines that this one has accepted. */
import { inSentence } from '../../format/in-sentence.ts'
import { ConfirmButton } from '../../parts/dialog.tsx'
import { Hash } from '../../parts/hash.tsx'
import { Card, Empty, Loaded } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { Name } from '../../parts/names.tsx'
import { Table } from '../../parts/table.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction, useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

/** Shows the accepted machines of an open local network, with a button that forgets one. */
export function AcceptedMachines() {
  const text = words.join.accepted
  const accepted = useRead('peer.ls', {}, ['peers'])
  const forget = useAction('peer.forget', accepted)
  return (
    <Card title={text.title}>
      {forget.trouble && <TroubleView trouble={forget.trouble} />}
      <Loaded read={accepted}>
        {({ open, accepted: machines }) => {
          if (open) return <Empty>{text.open}</Empty>
          if (machines.length === 0) return <Empty>{text.none}</Empty>
          return (
            <>
              <p class="hint">{text.about}</p>
              <Table
                label={text.label}
                rows={machines}
                keyOf={({ public_key }) => public_key}
                columns={[
                  { head: text.name, cell: ({ name }) => <Name text={name} /> },
                  { head: text.key, cell: ({ agent }) => <Hash hash={agent} /> },
                  { head: text.since, cell: ({ at }) => <Age at={at} /> },
                  {
                    head: words.join.networks.verbs,
                    cell: ({ name, public_key }) => (
                      <ConfirmButton
                        label={text.forget}
                        question={text.ask(inSentence(name))}
                        busy={forget.busy}
                        onYes={() => void forget.run({ peer: public_key })}
                      />
                    ),
                  },
                ]}
              />
            </>
          )
        }}
      </Loaded>
    </Card>
  )
}
