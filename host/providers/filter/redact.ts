/** Masks findings in a text. */
import type { FilterRules } from '../../config/upstream.ts'
import { type Finding, type FindingKind, findingFamilies } from './finding.ts'
import { scan } from './scan.ts'

/** The most passes over a text: a masked part may have stood between two halves of another finding. */
const PASSES_MAX = 8

/** Returns the mask of a finding. Its brackets end every pattern, so that a mask joins nothing. */
export function maskOf(kind: FindingKind): string {
  return `[${kind.replaceAll('_', ' ')}]`
}

/** Returns the text with a mask in place of each finding. The findings are in order without overlaps, as `scan` returns them. */
export function redact(text: string, findings: readonly Finding[]): string {
  let end = 0
  let kept = ''
  for (const one of findings) {
    kept += text.slice(end, one.start) + maskOf(one.kind)
    end = one.end
  }
  return kept + text.slice(end)
}

/** A filtered text and its findings. */
export interface Filtered {
  readonly text: string
  /** The masked findings, each kind as often as it was found. */
  readonly masked: readonly FindingKind[]
  /** The remaining findings, which the rules refuse instead, or which repeated masking did not remove. */
  readonly left: readonly FindingKind[]
}

/** Masks the findings that the rules mask. With an empty `left`, the text has no finding any more. Pure. */
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
