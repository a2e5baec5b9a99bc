/** Shows one model with its state, and what can be done with it. */
import type { ComponentChildren } from 'preact'
import type { Trouble } from '../../daemon/refusal.ts'
import { count, size } from '../../format/format.ts'
import { inSentence } from '../../format/in-sentence.ts'
import { ConfirmButton } from '../../parts/dialog.tsx'
import { Hash } from '../../parts/hash.tsx'
import { Bar, State } from '../../parts/layout.tsx'
import { Size } from '../../parts/moments.tsx'
import { Name } from '../../parts/names.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { type Action, useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { FitButton } from './fit.tsx'
import type { Model } from './models.tsx'
import { isPause, progressText, shareOf } from './pull-state.ts'

/** The actions of a person on a model, one at a time for each model. */
interface Actions {
  readonly load: Action<'model.load'>
  readonly unload: Action<'model.unload'>
  readonly remove: Action<'model.rm'>
  readonly pull: Action<'model.pull'>
  readonly pause: Action<'model.pause'>
}

/** Shows a model. */
export function ModelRow({ model }: { model: Model }) {
  const actions: Actions = {
    load: useAction('model.load'),
    unload: useAction('model.unload'),
    remove: useAction('model.rm'),
    pull: useAction('model.pull'),
    pause: useAction('model.pause'),
  }
  const troubles = Object.values(actions).flatMap(({ trouble }) => trouble ?? [])
  const { pulling } = model
  return (
    <li>
      <div class="what">
        <h3>
          <Name text={model.name} />
        </h3>
        <FactsLine model={model} />
      </div>
      <p class="how" role="status">
        <StateWord model={model} actions={actions} />
      </p>
      <div class="actions">
        <Buttons model={model} actions={actions} />
      </div>
      {pulling !== null && pulling.source !== null && (
        <div class="whole">
          <Bar
            label={words.models.progress.from(inSentence(pulling.source))}
            share={shareOf(pulling)}
            text={progressText(pulling)}
          />
        </div>
      )}
      <Problems model={model} troubles={troubles} />
    </li>
  )
}

function FactsLine({ model }: { model: Model }) {
  const { facts } = words.models
  const { bytes, context_tokens, licence, sha256 } = model
  return (
    <p class="hint parts">
      <span>{bytes === null ? facts.unknownSize : <Size bytes={bytes} />}</span>
      {context_tokens > 0 && <span>{facts.context(count(context_tokens))}</span>}
      {licence !== 'unknown' && <span>{facts.licence(inSentence(licence))}</span>}
      {sha256 !== null && (
        <span>
          sha256 <Hash hash={sha256} />
        </span>
      )}
    </p>
  )
}

function StateWord({ model, actions }: { model: Model; actions: Actions }) {
  const { states } = words.models
  const { load, unload, remove, pull } = actions
  if (load.busy) return <State tone="busy">{states.loading}</State>
  if (unload.busy) return <State tone="busy">{states.unloading}</State>
  if (remove.busy) return <State tone="busy">{states.removing}</State>
  const { pulling, loaded, running, memory_bytes, part_bytes, bytes } = model
  if (pulling !== null || pull.busy)
    return <State tone="busy">{pulling?.source ? states.pulling : states.looking}</State>
  if (loaded) {
    const memory = memory_bytes === null ? states.loadedPlain : states.loaded(size(memory_bytes))
    return (
      <State tone="good">{running === 0 ? memory : `${memory}, ${states.running(count(running))}`}</State>
    )
  }
  if (model.problem !== null) return <State tone="bad">{states.unusable}</State>
  if (model.present) return <State tone="good">{states.present}</State>
  if (model.indexing) return <State tone="busy">{states.indexing}</State>
  if (model.pull_problem !== null) return <State tone="bad">{states.failed}</State>
  if (part_bytes === 0) return <State tone="off">{states.absent}</State>
  const here = size(part_bytes)
  return (
    <State tone="warn">{bytes === null ? states.paused(here) : states.pausedOf(here, size(bytes))}</State>
  )
}

function Buttons({ model, actions }: { model: Model; actions: Actions }) {
  const { name, pulling, pull_as, present, loaded, indexing, part_bytes } = model
  const { load, unload, pull, pause } = actions
  const { verbs } = words.models
  const busy = Object.values(actions).find((one: Actions[keyof Actions]) => one.busy)
  if (pulling !== null)
    return (
      <Verb
        verb={verbs.pause}
        name={name}
        busy={pause.busy}
        onClick={() => pause.run({ name: pull_as ?? name })}
      />
    )
  if (busy !== undefined)
    return (
      <button type="button" class="quiet small" onClick={busy.stop}>
        {words.parts.stop}
      </button>
    )
  if (indexing) return null
  const mayPull = !present && pull_as !== null
  const begin = (): unknown => pull_as !== null && pull.run({ name: pull_as, background: true })
  return (
    <>
      {mayPull && <Verb verb={part_bytes > 0 ? verbs.resume : verbs.pull} name={name} main onClick={begin} />}
      {present && !loaded && <Verb verb={verbs.load} name={name} onClick={() => load.run({ model: name })} />}
      {loaded && <Verb verb={verbs.unload} name={name} onClick={() => unload.run({ model: name })} />}
      {(present || mayPull) && <FitButton name={present ? name : (pull_as ?? name)} label={name} />}
      <Removal model={model} remove={actions.remove} />
    </>
  )
}

function Removal({ model, remove }: { model: Model; remove: Actions['remove'] }) {
  const { name, bytes, path, problem, part_bytes, loaded } = model
  const { remove: asks, verbs } = words.models
  if (path === null && problem === null && part_bytes === 0) return null
  const shown = inSentence(name)
  const ofFile = (loaded ? asks.loaded : asks.file)(shown, bytes === null ? words.parts.unknown : size(bytes))
  const isPart = path === null && problem === null
  return (
    <ConfirmButton
      label={verbs.remove}
      question={isPart ? asks.part(shown, size(part_bytes)) : ofFile}
      onYes={() => void remove.run({ name, force: loaded })}
    />
  )
}

interface VerbProps {
  readonly verb: string
  readonly name: string
  readonly onClick: () => unknown
  readonly busy?: boolean
  readonly main?: boolean
}

/** A button for a verb, which a screen reader reads with the model's name. */
export function Verb({ verb, name, onClick, busy = false, main = false }: VerbProps) {
  return (
    <button
      type="button"
      class={main ? 'small' : 'quiet small'}
      aria-label={words.models.verbs.of(verb, inSentence(name))}
      disabled={busy}
      onClick={() => void onClick()}
    >
      {verb}
    </button>
  )
}

interface ProblemsProps {
  readonly model: Model
  readonly troubles: readonly Trouble[]
}

/** Shows why a model cannot be used, or which action failed. A pull that a person pauses has not failed. */
function Problems({ model, troubles }: ProblemsProps): ComponentChildren {
  const { problem, pull_problem, part_bytes, pull_as, path } = model
  const all = [problem, pull_problem, ...troubles].filter((one) => one !== null)
  const shown = all.filter(
    (one, at) => !isPause(one) && at === all.findIndex(({ code }) => code === one.code),
  )
  const isOrphan = part_bytes > 0 && pull_as === null && path === null
  if (shown.length === 0 && !isOrphan) return null
  return (
    <div class="whole">
      {isOrphan && <p class="hint">{words.models.states.unknownOrigin}</p>}
      {shown.map((trouble) => (
        <TroubleView key={trouble.code} trouble={trouble} />
      ))}
    </div>
  )
}
