import type { Verified } from './verify.ts'

/** The two lists of a verified receipt as plain lines. */
export function renderReceipt(verified: Verified): string[] {
  return ['Shown:', ...indented(verified.shown), '', 'Not shown:', ...indented(verified.not_shown)]
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
