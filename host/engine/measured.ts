/** Measures the decode speed of an engine. */
import { limits } from '../limits.ts'
import type { Engine, RunJob, RunOutcome } from './port.ts'

/**
 * Wraps an engine and reports the decode speed of runs of its first model, in tokens a second. The time counts from the
 * first piece of text to the last, without loading and reading the prompt. Runs of fewer than `speed_tokens_min` tokens are
 * not reported.
 */
export function measured(
  engine: Engine,
  tell: (tokensPerSecond: number) => void,
  now: () => number = () => performance.now(),
): Engine {
  return {
    build: engine.build,
    // These change if the engine's GPU fails.
    get backendClass() {
      return engine.backendClass
    },
    get gpu() {
      return engine.gpu
    },
    slots: engine.slots,
    models: () => engine.models(),
    loaded: () => engine.loaded(),
    busyMs: () => engine.busyMs(),
    memoryBudget: () => engine.memoryBudget(),
    load: (model, signal) => engine.load(model, signal),
    unload: (model, signal) => engine.unload(model, signal),
    run: async (job, signal) => {
      const pieces = { first: 0, last: 0 }
      const outcome = await engine.run(timed(job, pieces, now), signal)
      const seconds = (pieces.last - pieces.first) / 1_000
      const steps = outcome.usage.tokens_out - 1
      if (isTelling(engine, job, outcome) && seconds > 0) tell(steps / seconds)
      return outcome
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

function timed(job: RunJob, pieces: { first: number; last: number }, now: () => number): RunJob {
  return {
    ...job,
    onText: (text, tokensOut) => {
      pieces.last = now()
      pieces.first ||= pieces.last
      job.onText(text, tokensOut)
    },
  }
}

function isTelling(engine: Engine, job: RunJob, { usage }: RunOutcome): boolean {
  return job.model === engine.models()[0]?.sha256 && usage.tokens_out >= limits.speed_tokens_min
}
