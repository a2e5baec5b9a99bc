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

/** Filters every text of a request: turns, tools, calls, schemas and their keys, and the words that end an answer. Pure. */
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
 * The same document with every text, and every name of a field, changed. It goes by the document's shape and not by its
 * meaning, so that no field is forgotten that a request gets one day; words such as `user` hold nothing to find.
 */
function eachText<T>(value: T, change: (text: string) => string): T {
  return walk(value, change) as T
}

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => walk(item, change))
  if (value === null || typeof value !== 'object') return value
  const fields = Object.entries(value).map(([name, inner]) => [change(name), walk(inner, change)] as const)
  return Object.fromEntries(fields)
}
