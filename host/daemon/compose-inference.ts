import type { Config } from '../config/config.ts'
import { answerAsk } from '../ensemble/answer-ask.ts'
import type { Ensemble } from '../ensemble/ensemble.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { knownModels } from '../inference/known-models.ts'
import type { KnownModel, Target } from '../inference/names.ts'
import { type OpenInference, openInference } from '../inference/open-inference.ts'
import { limits } from '../limits.ts'
import { DEFAULT_MODEL } from '../models/catalogue.ts'
import { systemClock } from '../work/clock.ts'
import type { Parts } from './parts.ts'
import type { Receipts } from './receipts.ts'

/** Makes the inference plane of a daemon's parts; the ensemble asks it, and is there once that is made. */
export function composeInference(
  { conductor, models, engine, work, registry, config }: Parts,
  receipts: Receipts,
  ensemble: () => Pick<Ensemble, 'query'>,
): OpenInference {
  const self = conductor.agent
  return openInference({
    work,
    engine,
    self,
    post: config.inference.post,
    cache: config.inference.cache,
    known: () =>
      knownModels({
        self,
        peers: registry.presence.peers(),
        here: models.present(),
        loaded: engine.loaded(),
        now: systemClock.now(),
        awayMs: limits.presence_every_ms * limits.presence_missed_max,
      }),
    upstreamNames: () => [],
    auto: (_ask, known) => bestSingle(known, config),
    ensemble: async (ask, pieces, signal) => {
      const end = await answerAsk(ensemble(), ask, signal)
      pieces.push({ type: 'text', text: end.text })
      return end
    },
    upstream: nobody,
    receiptOf: async (view, signal) => {
      await receipts.keep(view, signal)
      return receipts.pathOf(view)
    },
    now: systemClock.now,
  })
}

/** The model that the owner has configured, else the default one, else any that is here first. Throws `RIPPLE_MODEL_NOT_FOUND`. */
function bestSingle(known: readonly KnownModel[], config: Config): { target: Target; why: string } {
  const wanted = config.model ?? DEFAULT_MODEL
  const model = known.find(({ name }) => name.toLowerCase() === wanted.toLowerCase()) ?? known[0]
  if (!model) throw new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: 'ripple/auto', nearest: 'none' })
  const why = `no score card says that an ensemble is better, so ${model.name} answers alone`
  return { target: { type: 'model', model, only: null }, why }
}

function nobody(name: string): () => Promise<never> {
  return async () => {
    throw new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: name, nearest: 'none' })
  }
}
