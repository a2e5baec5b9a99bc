import type { FilterRules } from '../../config/upstream.ts'
import type { UpstreamRequest } from '../port.ts'
import type { FindingKind } from './finding.ts'
import { filterText } from './redact.ts'

/** A request as it may leave, and what was found in all of its texts. */
export interface FilteredRequest {
  readonly request: UpstreamRequest
  readonly masked: readonly FindingKind[]
  readonly left: readonly FindingKind[]
}

/** Filters every text of a request: turns, tools, calls, schemas, their keys and numbers, and the words that end an answer. Pure. */
export function filterRequest(
  request: UpstreamRequest,
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
 * The same document with every text, every name of a field, and every number whose digits are changed as a text. It goes by the document's shape and not by its
 * meaning, so that no field is forgotten that a request gets one day; words such as `user` hold nothing to find.
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

/** A number as it is, or the text that its digits become. */
function numberOr(value: number, change: (text: string) => string): number | string {
  const digits = String(value)
  const changed = change(digits)
  return changed === digits ? value : changed
}
