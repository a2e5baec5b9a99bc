// Makes engines without llama.cpp for tests.

import type { LlamaOptions } from '../../host/engine/llama.ts'
import type { Engine, RunJob } from '../../host/engine/port.ts'

/** The text of an answer, and its count of tokens. */
export interface Said {
  readonly text: string
  readonly tokens: number
}

/** Makes an engine that offers the models of its machine and answers with `answer`. */
export function standInEngine(
  build: string,
  { models }: Pick<LlamaOptions, 'models'>,
  answer: (job: RunJob) => Said,
): Engine {
  return {
    build,
    backendClass: 'stand-in',
    gpu: null,
    slots: 2,
    busyMs: () => 0,
    models,
    loaded: () => [],
    memoryBudget: () => Number.POSITIVE_INFINITY,
    run: async (job) => {
      job.onRead?.(0)
      const { text, tokens: tokens_out } = answer(job)
      const usage = { tokens_in: 1, tokens_out, cpu_ms: 1, wall_ms: 1, peak_rss_bytes: 0 }
      return { text, finish: 'stop', usage, template_digest: null }
    },
    load: async () => undefined,
    unload: async () => false,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
