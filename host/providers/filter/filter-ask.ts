/** Filters all texts of a request before it leaves this machine. */
import type { FilterRules } from '../../config/upstream.ts'
import type { ProviderRequest } from '../port.ts'
import type { FindingKind } from './finding.ts'
import { filterText } from './redact.ts'

/** A filtered request, and the findings in all of its texts. */
export interface FilteredRequest {
  readonly request: ProviderRequest
  readonly masked: readonly FindingKind[]
  readonly left: readonly FindingKind[]
}

/** Filters every text of a request: turns, tools, calls, schemas with keys and numbers, and stop words. Pure. */
export function filterRequest(
  request: ProviderRequest,
  rules: FilterRules,
  ownSecrets: readonly string[],
): FilteredRequest {
  const masked: FindingKind[] = []
  const left: FindingKind[] = []
  const filter = (text: string): string => {
    const filtered = filterText(text, rules, ownSecrets)
    masked.push(...filtered.masked)
    left.push(...filtered.left)
    return filtered.text
  }
  const { input, format, stop, ...rest } = request
  const filtered = { input: eachText(input, filter), format: eachText(format, filter) }
  return { request: { ...rest, ...filtered, stop: eachText(stop, filter) }, masked, left }
}

/**
 * Returns the same document with every text, field name, and number with changed digits replaced. It follows the document's
 * shape, not its meaning, so it also covers fields that requests may get later. Words such as `user` contain no findings.
 */
function eachText<T>(value: T, change: (text: string) => string): T {
  return walk(value, change) as T
}

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (typeof value === 'number') return numberOr(value, change)
  if (Array.isArray(value)) return value.map((item) => walk(item, change))
  if (value === null || typeof value !== 'object') return value
  const fields = Object.entries(value).map(([name, inner]) => [change(name), walk(inner, change)] as const)
  return Object.fromEntries(fields)
}

/** Returns the number, or the text if a change altered its digits. */
function numberOr(value: number, change: (text: string) => string): number | string {
  const digits = String(value)
  const changed = change(digits)
  return changed === digits ? value : changed
}
