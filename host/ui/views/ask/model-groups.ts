/** Groups models for the picker. */
import type { modelList } from '../../../api/openai/models.ts'
import { readPeerModel } from '../../../types/peer-model.ts'
import { cut } from '../../format/cut.ts'
import { words } from '../../words/words.ts'

/** A model that may be asked. */
export type Model = ReturnType<typeof modelList>['data'][number]

/** A model as the picker shows it. */
export interface Choice {
  /** The name by which it is asked. */
  readonly id: string
  /** The name that people read. */
  readonly label: string
  /** Its place, in a few words. */
  readonly where: string
}

/** The models of one place. */
export interface Group {
  readonly label: string
  readonly choices: readonly Choice[]
}

/** Groups and sorts the models for the picker. `nameOf` returns the name of an agent's machine. */
export function groupModels(
  models: readonly Model[],
  self: string,
  nameOf: (agent: string) => string,
): readonly Group[] {
  return Object.entries(words.ask.groups)
    .map(([place, label]) => {
      const found = models.filter((model) => placeOf(model, self) === place)
      const choices = found.map((model) => choiceOf(model, self, nameOf))
      return { label, choices: choices.sort((a, b) => a.label.localeCompare(b.label)) }
    })
    .filter(({ choices }) => choices.length > 0)
}

function placeOf(model: Model, self: string): keyof typeof words.ask.groups {
  if (model.owned_by === 'ripple') return 'routed'
  if (model.owned_by === 'upstream') return 'beyond'
  if (readPeerModel(model.id) !== null) return 'pinned'
  return model.ripple.at.some(({ agent }) => agent === self) ? 'here' : 'others'
}

function choiceOf(model: Model, self: string, nameOf: (agent: string) => string): Choice {
  return { id: model.id, label: labelOf(model.id, nameOf), where: whereIs(model, self, nameOf) }
}

/** Most characters of a model's name that are shown: anybody may have chosen it. */
const NAME_CHARS = 64

/** Returns the beginning of a model's name for people. For `peer:<agent>/<model>`, that is the model and the machine. */
export function labelOf(id: string, nameOf: (agent: string) => string): string {
  const pinned = readPeerModel(id)
  if (pinned === null) return cut(id, NAME_CHARS)
  return words.ask.modelOn(cut(pinned.model, NAME_CHARS), nameOf(pinned.agent))
}

const listed = new Intl.ListFormat('en-GB')

/** Most machines that are named; more are only counted. */
const NAMED_MAX = 3

function whereIs(model: Model, self: string, nameOf: (agent: string) => string): string {
  const { ask } = words
  if (model.owned_by === 'upstream') return ask.leaves
  const pinned = readPeerModel(model.id)
  if (pinned !== null) return ask.alone(nameOf(pinned.agent))
  const holders = model.ripple.at
  if (holders.length === 0) return ask.own[model.id] ?? ''
  const others = holders.filter(({ agent }) => agent !== self).map(({ agent }) => nameOf(agent))
  const there = ask.at(others.length > NAMED_MAX ? ask.others(others.length) : listed.format(others))
  const isHere = others.length < holders.length
  const where = others.length === 0 ? ask.here : isHere ? ask.both(ask.here, there) : there
  return holders.some(({ loaded }) => loaded) ? ask.loaded(where) : where
}

/** Returns the choice for a user who has not chosen: `ripple/auto` if available, else the first. */
export function firstChoice(groups: readonly Group[]): string | null {
  const ids = groups.flatMap(({ choices }) => choices.map(({ id }) => id))
  return ids.find((id) => id === 'ripple/auto') ?? ids[0] ?? null
}
