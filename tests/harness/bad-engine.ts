import type { LlamaOptions } from '../../host/engine/llama.ts'
import type { Engine, RunJob, RunOutcome } from '../../host/engine/port.ts'

export * from '../../host/engine/llama.ts'

/** What it does where a prompt has these words. */
const deeds: Readonly<Record<string, (job: RunJob) => Pick<RunOutcome, 'text'> & { tokens: number }>> = {
  /** Streams one answer and gives another. */
  'something else': (job) => {
    job.onText('Something ', 1)
    return { text: 'Another answer', tokens: 2 }
  },
  /** Goes on after the last token that was asked for. */
  'too much': (job) => {
    const most = 3 * job.parameters.max_tokens
    for (let at = 1; at <= most; at += 1) job.onText('more ', at)
    return { text: 'more '.repeat(most), tokens: most }
  },
  /** Gives what no tokenizer gives. */
  garbage: (job) => {
    const text = '\u0000\ufffd\u202e"}\n\ndata: [DONE]\n\n'
    job.onText(text, 1)
    return { text, tokens: 1 }
  },
  /** Gives nothing at all. */
  nothing: () => ({ text: '', tokens: 0 }),
}

/** A stand-in for llama.cpp's engine: it says that it has the models of its machine, and answers by the words of the prompt. */
export async function openLlamaEngine({ models }: Pick<LlamaOptions, 'models'>): Promise<Engine> {
  return {
    build: 'a stand-in that misbehaves',
    backendClass: 'stand-in',
    slots: 2,
    models,
    loaded: () => [],
    memoryBudget: () => Number.POSITIVE_INFINITY,
    run: async (job) => {
      job.onRead?.(0)
      const prompt = JSON.stringify(job.input)
      const deed = Object.entries(deeds).find(([words]) => prompt.includes(words))?.[1]
      const { text, tokens: tokens_out } = (deed ?? deeds.nothing)?.(job) ?? { text: '', tokens: 0 }
      const usage = { tokens_in: 1, tokens_out, cpu_ms: 1, wall_ms: 1, peak_rss_bytes: 0 }
      return { text, finish: 'stop', usage, template_digest: null }
    },
    load: async () => undefined,
    unload: async () => false,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
