import { type InferenceNeeds, openInference } from '../../../host/inference/open-inference.ts'
import type { Ask } from '../../../host/types/answer.ts'
import { systemClock } from '../../../host/work/context/clock.ts'
import { deterministicEngine } from '../../harness/doubles/deterministic-engine.ts'
import type { World } from '../../harness/sim/world.ts'

/** A part that may not be used, whichever of its methods is called. */
export function unusedPart<T extends object>(): T {
  return new Proxy({} as T, {
    get: (part, name) =>
      Reflect.get(part, name) ??
      (() => {
        throw new TypeError(`this test does not use '${String(name)}'`)
      }),
  })
}

/** sha256 of the file that the stage's engine has. */
export const digest = 'd'.repeat(64)

/** An engine without a model, which takes no time. */
export const quickEngine = () =>
  deterministicEngine({
    models: [{ name: 'tiny', sha256: digest, path: '', bytes: 0, context_tokens: 4_096 }],
    clock: systemClock,
    tokenMs: () => 0,
    tokens_max: 16,
  })

/** The default ask of a test: with a seed, so that its answer is stored. */
export const asked: Ask = {
  model: 'tiny',
  input: { type: 'text', text: 'my password is hunter2', template: 'auto' },
  format: { type: 'text' },
  stop: [],
  penalties: { frequency_milli: 0, presence_milli: 0 },
  key: null,
  max_tokens: 4,
  temperature_milli: 0,
  top_p_milli: 1_000,
  top_k: 0,
  seed: 1,
  trace_id: 'the-trace',
}

/** The plane over parts that a test gives; the others may not be used. */
export function plane(given: Partial<InferenceNeeds> & Pick<InferenceNeeds, 'gate' | 'work' | 'self'>) {
  const at = [{ agent: given.self, name: 'one', loaded: true }]
  return openInference({
    engine: quickEngine(),
    post: true,
    cache: true,
    known: () => [{ name: 'tiny', digest, context_tokens: 4_096, at }],
    problemOf: () => null,
    upstreamNames: () => [],
    auto: unusedPart<() => never>() as never,
    ensemble: async () => unusedPart(),
    upstream: () => async () => unusedPart(),
    repeatUpstream: async () => unusedPart(),
    answerOf: async () => ({ text: 'an answer', receipt: null }),
    clock: systemClock,
    ...given,
  })
}

/** One machine of a simulated network that is up. */
export function onlyMachine({ daemons: [daemon] }: World) {
  if (!daemon) throw new RangeError('no machine')
  return daemon
}
