/** Prepares a provider's error text for display. */
import type { Secret } from '../config/secrets.ts'
import { limits } from '../limits.ts'
import { filterText } from './filter/redact.ts'

/**
 * Returns a provider's words about its failure as an error may repeat them: one short line. It removes keys, which some
 * providers send back, and characters that control a terminal. Pure.
 */
export function providerErrorText(text: string, key: Secret | null): string {
  const read = text.slice(0, limits.upstream_words_bytes_max)
  const masked = filterText(read, { secrets: 'mask', pii: 'mask' }, key ? [key.reveal()] : []).text
  const line = masked
    .toWellFormed()
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
  return line.length > limits.upstream_words_max ? `${line.slice(0, limits.upstream_words_max)}...` : line
}
