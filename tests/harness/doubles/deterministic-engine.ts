/** An engine for simulation and tests: it needs no model, and its answers are reproducible. */
import { createHash } from 'node:crypto'
import type { Engine, LocalModel, RunJob, RunOutcome } from '../../../host/engine/port.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { Clock } from '../../../host/types/clock.ts'

/** The behaviour of the engine. */
export interface DeterministicOptions {
  readonly models: readonly LocalModel[]
  readonly clock: Clock
  /** Returns the milliseconds that a token takes; called for each token. */
  tokenMs(): number
  /** Most tokens of one answer. */
  readonly tokens_max: number
}

/** Makes an engine without a model. Its words follow from model, prompt and seed, and each takes `tokenMs`. */
export function deterministicEngine(options: DeterministicOptions): Engine {
  /** The model used last first. */
  let loaded: readonly string[] = []
  const use = (model: string): void => {
    loaded = [model, ...loaded.filter((one) => one !== model)]
  }
  return {
    build: 'deterministic 1',
    backendClass: 'deterministic',
    gpu: null,
    slots: 1,
    busyMs: () => 0,
    models: () => options.models,
    loaded: () => loaded.map((sha256) => ({ sha256, bytes: 0, running: 0 })),
    memoryBudget: () => Number.POSITIVE_INFINITY,
    run: async (job, signal) => {
      const outcome = await generate(job, options, signal)
      use(job.model)
      return outcome
    },
    load: async (model) => use(find(model, options).sha256),
    unload: async (model) => {
      const here = loaded.includes(model)
      loaded = loaded.filter((one) => one !== model)
      return here
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function generate(
  job: RunJob,
  options: DeterministicOptions,
  signal: AbortSignal,
): Promise<RunOutcome> {
  find(job.model, options)
  const { clock, tokens_max } = options
  const prompt = promptOf(job).split(/\s+/u).length
  const max = job.parameters.context_tokens
  if (prompt >= max) throw new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens: prompt, max })
  job.onRead?.(0)
  const begun = clock.now()
  const prefix = wordCount(job.prefix)
  const words = wordsOf(job, Math.min(job.parameters.max_tokens, tokens_max)).slice(prefix)
  for (const [index, word] of words.entries()) {
    await clock.sleep(options.tokenMs(), signal)
    job.onText(word, index + 1)
  }
  const usage = {
    tokens_in: prompt + prefix,
    tokens_out: words.length,
    cpu_ms: clock.now() - begun,
    wall_ms: clock.now() - begun,
    peak_rss_bytes: 0,
  }
  return { text: words.join(''), finish: 'length', usage, template_digest: null }
}

function find(sha256: string, { models }: DeterministicOptions): LocalModel {
  const model = models.find((one) => one.sha256 === sha256)
  if (!model) throw new RippleError('RIPPLE_MODEL_MISSING', { model: sha256 })
  return model
}

function promptOf({ input }: RunJob): string {
  return input.type === 'text' ? input.text : JSON.stringify(input)
}

function wordCount(text: string): number {
  return text.split(' ').length - 1
}

function wordsOf(job: RunJob, count: number): string[] {
  const seed = `${job.model}/${job.seed}/${promptOf(job)}`
  const digest = createHash('sha256').update(seed).digest('hex')
  return Array.from({ length: count }, (_, i) => `${digest.slice((i * 4) % 60, ((i * 4) % 60) + 4)} `)
}
