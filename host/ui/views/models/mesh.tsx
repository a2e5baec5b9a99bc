/** Shows which machines of the mesh have which models. */
import type { AnswerOf } from '../../daemon/call.ts'
import { count } from '../../format/format.ts'
import { Hash } from '../../parts/hash.tsx'
import { Card, Empty, Loaded, State } from '../../parts/layout.tsx'
import { Name } from '../../parts/names.tsx'
import { Table } from '../../parts/table.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction, useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { FitButton } from './fit.tsx'
import { Verb } from './model-row.tsx'
import { isPause } from './pull-state.ts'

type Places = AnswerOf<'model.where'>['models'][number]

/** Shows the models of the mesh, each with its machines. */
export function MeshCard() {
  const read = useRead('model.where', {}, ['models', 'peers'])
  const { mesh } = words.models
  return (
    <Card title={mesh.title}>
      <p class="hint">{mesh.about}</p>
      <Loaded read={read}>
        {({ models }) =>
          models.length === 0 ? (
            <Empty>{mesh.none}</Empty>
          ) : (
            <Table label={mesh.title} columns={columns} rows={models} keyOf={({ sha256 }) => sha256} />
          )
        }
      </Loaded>
    </Card>
  )
}

const { mesh: heads } = words.models
const columns: Parameters<typeof Table<Places>>[0]['columns'] = [
  { head: heads.model, cell: ({ name }) => <Name text={name} /> },
  { head: heads.machines, cell: (model) => <Machines model={model} /> },
  { head: heads.context, cell: ({ context_tokens }) => count(context_tokens), figures: true },
  { head: heads.file, cell: ({ sha256 }) => <Hash hash={sha256} /> },
  { head: heads.actions, cell: (model) => <Get model={model} /> },
]

function Machines({ model: { at } }: { model: Places }) {
  return (
    <ul class="machines">
      {at.map(({ agent, name, loaded }) => (
        <li key={agent}>
          <Name text={name} /> {loaded && <State tone="good">{heads.loaded}</State>}
        </li>
      ))}
    </ul>
  )
}

function Get({ model: { name, sha256, here } }: { model: Places }) {
  const pull = useAction('model.pull')
  const { verbs, pull: text } = words.models
  if (here) return <span class="soft">{heads.here}</span>
  const id = `sha256:${sha256}`
  return (
    <span class="get">
      {pull.busy ? (
        <span role="status">{text.looking}</span>
      ) : (
        <Verb verb={verbs.pull} name={name} onClick={() => pull.run({ name: id, background: true })} />
      )}
      <FitButton name={id} label={name} />
      {pull.trouble && !isPause(pull.trouble) && <TroubleView trouble={pull.trouble} />}
    </span>
  )
}
