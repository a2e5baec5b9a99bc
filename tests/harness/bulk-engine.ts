// A stand-in for llama.cpp's engine whose every answer has five mebibytes.

import type { LlamaOptions } from '../../host/engine/llama.ts'
import type { Engine } from '../../host/engine/port.ts'
import { standInEngine } from './stand-in-engine.ts'

export * from '../../host/engine/llama.ts'

/** The size of an answer. */
export const BULK_BYTES = 5 * 1024 * 1024
/** One token of it. */
const piece = 'ripple '.repeat(64 * 1024).slice(0, 64 * 1024)

/** Opens the stand-in. */
export async function openLlamaEngine(options: Pick<LlamaOptions, 'models'>): Promise<Engine> {
  return standInEngine('a stand-in with long answers', options, ({ onText }) => {
    const tokens = BULK_BYTES / piece.length
    for (let at = 1; at <= tokens; at += 1) onText(piece, at)
    return { text: piece.repeat(tokens), tokens }
  })
}
