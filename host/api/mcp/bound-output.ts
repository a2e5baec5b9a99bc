/** Bounds the output of a tool, which may hold texts of peers, models and payloads. */
import { RippleError } from '../../errors/ripple-error.ts'
import { mcpLimits } from '../../limits/mcp.ts'

/** A bounded output. */
export interface Bounded {
  readonly value: Record<string, unknown>
  /** The places of shortened texts and lists, such as `tasks.0.prompt`, with their first length. */
  readonly cuts: readonly string[]
}

/**
 * Shortens long texts and lists. The result still fits the output's schema, because only lengths change. Throws
 * `RIPPLE_OUTPUT_TOO_LARGE` if the whole is still too large.
 */
export function boundOutput(output: unknown): Bounded {
  const cuts: string[] = []
  const value = shortened(output, [], cuts) as Record<string, unknown>
  const bytes = Buffer.byteLength(JSON.stringify(value))
  const most = mcpLimits.mcp_output_bytes_max
  if (bytes > most) throw new RippleError('RIPPLE_OUTPUT_TOO_LARGE', { bytes, max: most })
  return { value, cuts: cuts.slice(0, mcpLimits.mcp_cuts_named_max) }
}

function shortened(value: unknown, path: readonly string[], cuts: string[]): unknown {
  const { mcp_text_chars_max: chars, mcp_items_max: items } = mcpLimits
  const inner = (key: string, one: unknown): unknown => shortened(one, [...path, key], cuts)
  if (typeof value === 'string') {
    if (value.length <= chars) return value
    cuts.push(`${path.join('.')}: ${value.length} characters`)
    return value.slice(0, chars).toWellFormed()
  }
  if (Array.isArray(value)) {
    if (value.length > items) cuts.push(`${path.join('.')}: ${value.length} items`)
    return value.slice(0, items).map((one, at) => inner(String(at), one))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(key, one)]))
}
