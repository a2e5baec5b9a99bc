/** Composes the daemon's inference from its parts. */
import type { Config } from '../../config/config.ts'
import { answerContext, loadable } from '../../engine/memory-budget.ts'
import { answerAsk, taskTypeOf } from '../../ensemble/answer-ask.ts'
import type { Best } from '../../ensemble/cards/card-for.ts'
import type { Ensemble } from '../../ensemble/ensemble.ts'
import { formOf, type ModelTraits } from '../../ensemble/members/able-models.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { knownModels } from '../../inference/known-models.ts'
import type { KnownModel } from '../../inference/names.ts'
import {
  type InferenceNeeds,
  type OpenInference,
  openInference,
  type Way,
} from '../../inference/open-inference.ts'
import { limits } from '../../limits.ts'
import { canChat } from '../../models/can-chat.ts'
import { DEFAULT_MODEL, isNamed } from '../../models/catalogue.ts'
import type { Ask } from '../../types/answer.ts'
import { defaultDataClass } from '../../types/data-class.ts'
import { systemClock } from '../../work/context/clock.ts'
import { askProvider } from '../models/ask-provider.ts'
import type { Parts } from './parts.ts'

/**
 * Composes the inference plane from a daemon's parts. The ensemble asks this plane, so it is opened after the plane and
 * passed as a function.
 */
export function composeInference(
  { conductor, models, engine, work, registry, config, upstreams, gate }: Parts,
  answerOf: InferenceNeeds['answerOf'],
  ensemble: () => Pick<Ensemble, 'begin' | 'route'>,
): OpenInference {
  const self = conductor.agent
  const { post } = config.inference
  return openInference({
    work,
    engine,
    self,
    gate,
    post,
    ownBounds: (digest) => ({
      tokensMax: config.policy.max_tokens,
      contextTokens: answerContext(
        models.present().find(({ sha256 }) => sha256 === digest)?.bytes ?? 0,
        engine.memoryBudget(),
      ),
    }),
    cache: config.inference.cache,
    known: () =>
      knownModels({
        self,
        // A machine that posts nothing asks no other machine, so models of others are left out.
        peers: registry.presence.peers().filter(({ agent }) => post || agent === self),
        here: loadable(models.present(), engine.memoryBudget()),
        loaded: engine.loaded(),
        loadedAt: (agent) => registry.loaded.get(agent) ?? [],
        now: systemClock.now(),
        awayMs: limits.presence_every_ms * limits.presence_missed_max,
      }),
    problemOf: (name) => models.problemOf(name),
    upstreamNames: () => upstreams.names(),
    auto: (ask, known) =>
      routed(ensemble(), ask, known, { config, canChat: (model) => canChat(model, models.present()) }),
    ensemble: async (ask, chosen, pieces, signal) => {
      const { end } = await answerAsk(ensemble(), ask, chosen, signal)
      const told = end.then((whole) => {
        pieces.push({ type: 'text', text: whole.text })
        return whole
      })
      return { end: told }
    },
    upstream: (name) => (ask, pieces, signal) => askProvider(upstreams, name, ask, pieces, signal),
    repeatUpstream: (name, ask) => upstreams.repeat(name, ask, ask.data_class ?? defaultDataClass),
    answerOf,
    clock: systemClock,
  })
}

/** This machine's own facts for a choice of model. */
interface Own extends ModelTraits {
  readonly config: Config
}

/**
 * Chooses several models if a score card says that they win at such a task, else one. Throws `RIPPLE_MODEL_NOT_FOUND`.
 */
async function routed(
  ensemble: Pick<Ensemble, 'route'>,
  ask: Ask,
  known: readonly KnownModel[],
  own: Own,
): Promise<Way> {
  const type = taskTypeOf(ask)
  const about = { form: formOf(ask.input), data_class: ask.data_class }
  const { to, why, best } = await ensemble.route(type, about)
  if (to === 'ensemble' && ask.input.type !== 'embed') return { target: { type: 'moe', by: 'card' }, why }
  const choice = ownChoice(ask, known, own, best)
  if (!choice) throw new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: 'ripple/auto', nearest: 'none' })
  const { model, as } = choice
  return { target: { type: 'model', model, only: null }, why: `one model answers, ${as}: ${why}` }
}

const bestText = { card: 'the best one by the score card', policy: 'the first one by the policy' } as const

/** A model, and the reason for its choice in words for people. */
interface OwnChoice {
  readonly model: KnownModel
  readonly as: string
}

/**
 * Chooses the owner's configured model, else the best member, else the default, else any; a chat needs a model that can
 * chat.
 */
function ownChoice(
  { input }: Ask,
  known: readonly KnownModel[],
  { config, canChat }: Own,
  best: Best,
): OwnChoice | undefined {
  const able = input.type === 'chat' ? known.filter((model) => canChat(model)) : known
  const named = (name: string | null) => able.find((model) => name !== null && isNamed(model, name))
  const choices: readonly (readonly [KnownModel | undefined, string])[] = [
    [named(config.model), 'the one that is configured here'],
    [able.find(({ digest }) => digest === best.member?.model_digest), bestText[best.by]],
    [named(DEFAULT_MODEL), 'the default one'],
    [able[0], 'the first that can'],
  ]
  return choices.flatMap(([model, as]) => (model ? { model, as } : []))[0]
}
