import type { FilterRules } from '../../config/upstream.ts'
import { type Finding, type FindingKind, findingFamilies } from './finding.ts'
import { scan } from './scan.ts'

/** How often a text is looked through again: what was masked may have stood between two halves of something else. */
const PASSES_MAX = 8

/** What stands in a finding's place. The brackets end every pattern, so that a mask joins nothing. */
export function maskOf(kind: FindingKind): string {
  return `[${kind.replaceAll('_', ' ')}]`
}

/** The text with a mask in place of each finding. The findings are in order and do not overlap, as `scan` gives them. */
export function redact(text: string, findings: readonly Finding[]): string {
  let end = 0
  let kept = ''
  for (const one of findings) {
    kept += text.slice(end, one.start) + maskOf(one.kind)
    end = one.end
  }
  return kept + text.slice(end)
}

/** A text as it may leave, and what was found in it. */
export interface Filtered {
  readonly text: string
  /** What was masked, each kind as often as it was found. */
  readonly masked: readonly FindingKind[]
  /** What is still there, because the rules refuse it instead, or because masking came to no end. */
  readonly left: readonly FindingKind[]
}

/** Masks what the rules mask. Where `left` is empty the text has no finding any more. Pure. */
export function filterText(text: string, rules: FilterRules, ownSecrets: readonly string[] = []): Filtered {
  const masked: FindingKind[] = []
  let now = text
  for (let pass = 0; ; pass += 1) {
    const found = scan(now, ownSecrets)
    const toMask = found.filter(({ kind }) => rules[findingFamilies[kind]] === 'mask')
    if (toMask.length === 0 || pass === PASSES_MAX)
      return { text: now, masked, left: found.map(({ kind }) => kind) }
    masked.push(...toMask.map(({ kind }) => kind))
    now = redact(now, toMask)
  }
}
