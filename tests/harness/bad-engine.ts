import type { LlamaOptions } from '../../host/engine/llama.ts'
import type { Engine, RunJob } from '../../host/engine/port.ts'
import { type Said, standInEngine } from './stand-in-engine.ts'

export * from '../../host/engine/llama.ts'

/** The misbehaviour for prompts with these words. */
const deeds: Readonly<Record<string, (job: RunJob) => Said>> = {
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

/** A stand-in for llama.cpp's engine: it misbehaves by the words of the prompt. */
export async function openLlamaEngine(options: Pick<LlamaOptions, 'models'>): Promise<Engine> {
  return standInEngine('a stand-in that misbehaves', options, (job) => {
    const prompt = JSON.stringify(job.input)
    const deed = Object.entries(deeds).find(([words]) => prompt.includes(words))?.[1]
    return deed?.(job) ?? { text: '', tokens: 0 }
  })
}
