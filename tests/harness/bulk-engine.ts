// A stand-in for llama.cpp's engine whose every answer has five mebibytes.

import type { LlamaOptions } from '../../host/engine/llama.ts'
import type { Engine } from '../../host/engine/port.ts'
import { standInEngine } from './stand-in-engine.ts'

export * from '../../host/engine/llama.ts'

/** The size of an answer. */
export const BULK_BYTES = 5 * 1024 * 1024
/** Bytes of a token: a longer answer than `token_bytes_max` a token is refused. */
const TOKEN_BYTES = 512
/** Tokens of a piece. */
const PIECE_TOKENS = 128
const piece = 'ripple. '.repeat((PIECE_TOKENS * TOKEN_BYTES) / 8)

/** Opens the stand-in. */
export async function openLlamaEngine(options: Pick<LlamaOptions, 'models'>): Promise<Engine> {
  return standInEngine('a stand-in with long answers', options, ({ onText }) => {
    const pieces = BULK_BYTES / piece.length
    for (let at = 1; at <= pieces; at += 1) onText(piece, at * PIECE_TOKENS)
    return { text: piece.repeat(pieces), tokens: pieces * PIECE_TOKENS }
  })
}
