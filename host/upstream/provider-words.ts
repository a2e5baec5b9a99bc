import type { Secret } from '../config/secrets.ts'
import { limits } from '../limits.ts'
import { filterText } from './filter/redact.ts'

/**
 * What a provider says of its failure, as an error may repeat it: one short line without keys, which some providers send
 * back, and without characters that drive a terminal. Pure.
 */
export function providerWords(text: string, key: Secret | null): string {
  const read = text.slice(0, limits.upstream_words_bytes_max)
  const masked = filterText(read, { secrets: 'mask', pii: 'mask' }, key ? [key.reveal()] : []).text
  const line = masked
    .toWellFormed()
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
  return line.length > limits.upstream_words_max ? `${line.slice(0, limits.upstream_words_max)}...` : line
}
