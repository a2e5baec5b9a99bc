// A stand-in for llama.cpp's engine that generates at a fixed rate and needs no processor for it.

import { setTimeout as sleep } from 'node:timers/promises'
import type { LlamaOptions } from '../../host/engine/llama.ts'
import type { Engine, RunJob } from '../../host/engine/port.ts'
import { Turns } from '../../host/engine/turns.ts'
import { standInEngine } from './stand-in-engine.ts'

export * from '../../host/engine/llama.ts'

/** The rate of one run, in tokens a second, and the number of runs at a time. */
export const RATE = { tokens_per_second: Number(process.env.STAND_IN_RATE ?? 10), slots: 2 }

/** Pause between two tokens, in milliseconds. */
const TOKEN_MS = 1_000 / RATE.tokens_per_second
/** Most runs that wait for a place. */
const WAITING_MAX = 64

/** Opens the stand-in: it counts aloud, one number a token, until `max_tokens`. */
export async function openLlamaEngine(options: Pick<LlamaOptions, 'models'>): Promise<Engine> {
  const turns = new Turns(RATE.slots, WAITING_MAX)
  return {
    ...standInEngine('a stand-in with a fixed rate', options, () => ({ text: '', tokens: 0 })),
    slots: RATE.slots,
    run: async (job, signal) => {
      const end = await turns.take(job.alone, signal)
      try {
        return await count(job, signal)
      } finally {
        end()
      }
    },
  }
}

async function count({ prefix, parameters, onRead, onText }: RunJob, signal: AbortSignal) {
  const begun = performance.now()
  const before = prefix.split(' ').filter(Boolean).length
  let text = ''
  onRead?.(0)
  for (let at = before + 1; at <= parameters.max_tokens; at += 1) {
    // By the clock of the whole run, so that a late timer does not slow it.
    await sleep(Math.max(0, begun + (at - before) * TOKEN_MS - performance.now()), undefined, { signal })
    text += `${at} `
    onText(`${at} `, at - before)
  }
  const tokens_out = Math.max(0, parameters.max_tokens - before)
  const wall_ms = Math.round(performance.now() - begun)
  const usage = { tokens_in: 1, tokens_out, cpu_ms: 1, wall_ms, peak_rss_bytes: 0 }
  return { text, finish: 'length' as const, usage, template_digest: null }
}
