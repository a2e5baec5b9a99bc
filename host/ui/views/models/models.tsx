/** Shows the models of this machine and of the mesh. */
import type { AnswerOf } from '../../daemon/call.ts'
import { Card, Empty, Loaded, View } from '../../parts/layout.tsx'
import { useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { MemoryCard } from './memory.tsx'
import { MeshCard } from './mesh.tsx'
import { ModelRow } from './model-row.tsx'
import './models.css'
import { PullForm } from './pull-form.tsx'

/** A model as `model.ls` lists it. */
export type Model = AnswerOf<'model.ls'>['models'][number]

/** Shows the view of models. */
export default function Models() {
  const list = useRead('model.ls', {}, ['models', 'model_progress'])
  return (
    <View title={words.views.models ?? ''}>
      <MemoryCard />
      <Loaded read={list}>{({ models }) => <Lists models={models} />}</Loaded>
      <MeshCard />
      <PullForm />
    </View>
  )
}

function Lists({ models }: { models: readonly Model[] }) {
  const isHere = (model: Model): boolean =>
    model.path !== null ||
    model.problem !== null ||
    model.pulling !== null ||
    model.pull_problem !== null ||
    model.part_bytes > 0
  const { here, list } = words.models
  const absent = models.filter((model) => !isHere(model))
  return (
    <>
      <Card title={here.title}>
        <Rows models={models.filter(isHere)} none={here.none} />
      </Card>
      <Card title={list.title}>
        {absent.length > 0 && <p class="hint">{list.about}</p>}
        <Rows models={absent} none={list.none} />
      </Card>
    </>
  )
}

function Rows({ models, none }: { models: readonly Model[]; none: string }) {
  if (models.length === 0) return <Empty>{none}</Empty>
  return (
    <ul class="models">
      {models.map((model) => (
        <ModelRow key={`${model.name} ${model.path}`} model={model} />
      ))}
    </ul>
  )
}
