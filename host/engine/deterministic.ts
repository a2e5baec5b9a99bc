import { createHash } from 'node:crypto'
import { RippleError } from '../errors/ripple-error.ts'
import type { Clock } from '../types/clock.ts'
import type { Engine, LocalModel, RunJob, RunOutcome } from './port.ts'

/** How the engine behaves. */
export interface DeterministicOptions {
  readonly models: readonly LocalModel[]
  readonly clock: Clock
  /** How long one token takes, in milliseconds; asked for each. */
  tokenMs(): number
  /** Most tokens of one answer. */
  readonly tokens_max: number
}

/** An engine without a model: its words follow from model, prompt and seed, and take the time that it is told to take. */
export function deterministicEngine(options: DeterministicOptions): Engine {
  return {
    build: 'deterministic 1',
    backendClass: 'deterministic',
    slots: 1,
    models: () => options.models,
    loaded: () => [],
    run: (job, signal) => generate(job, options, signal),
    load: async () => undefined,
    unload: async () => false,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function generate(
  job: RunJob,
  options: DeterministicOptions,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const model = options.models.find((one) => one.sha256 === job.model)
  if (!model) throw new RippleError('RIPPLE_MODEL_MISSING', { model: job.model })
  const { clock, tokens_max } = options
  const tokens_in = promptOf(job).split(/\s+/u).length
  const max = job.parameters.context_tokens
  if (tokens_in >= max) throw new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens: tokens_in, max })
  const begun = clock.now()
  const words = wordsOf(job, Math.min(job.parameters.max_tokens, tokens_max)).slice(wordCount(job.prefix))
  for (const [index, word] of words.entries()) {
    await clock.sleep(options.tokenMs(), signal)
    job.onText(word, index + 1)
  }
  const usage = {
    tokens_in,
    tokens_out: words.length,
    cpu_ms: clock.now() - begun,
    wall_ms: clock.now() - begun,
    peak_rss_bytes: 0,
  }
  return { text: words.join(''), finish: 'length', usage, template_digest: null }
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
