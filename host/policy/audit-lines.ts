/** Defines the lines of the audit file. */
import { z } from 'zod'
import { decisionPoints } from '../types/decision.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().nonnegative()
const at = z.number().describe('milliseconds since 1970')

/** A fact that may be stored: a short text, a number, a boolean or null. */
const keptFact = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** The first line of a segment. */
export const segmentLine = z.strictObject({
  type: z.literal('segment'),
  number: count,
  /** The sha256 of the whole previous segment; null in the very first one. */
  before: sha256.nullable(),
  at,
})

/** A decision. It holds the digest of all its facts, and only those facts that are safe to store. */
export const decisionLine = z.strictObject({
  type: z.literal('decision'),
  id: z.string(),
  point: z.enum(decisionPoints),
  subject: z.string(),
  allow: z.boolean(),
  rule: z.string(),
  reasons: z.array(z.string()),
  policy: z.strictObject({
    name: z.string(),
    digest: sha256.nullable(),
    origin: z.enum(['shipped', 'owner']),
  }),
  /** The sha256 of the canonical JSON of all facts. */
  facts_digest: sha256,
  facts: z.record(z.string(), keptFact),
  at,
})

/** The mark that a crash or a full disk cut off the line before. */
export const tornLine = z.strictObject({ type: z.literal('torn'), at })

/** A line of the audit file. */
export const auditLine = z.discriminatedUnion('type', [segmentLine, decisionLine, tornLine])

/** A decision as the audit file stores it. */
export type DecisionLine = z.infer<typeof decisionLine>
/** A line of the audit file. */
export type AuditLine = z.infer<typeof auditLine>
/** A fact that may be stored. */
export type KeptFact = z.infer<typeof keptFact>

const PREFIX = 'decisions-'
const DIGITS = 8

/** Returns the name of a segment's file. */
export function segmentName(number: number): string {
  return `${PREFIX}${String(number).padStart(DIGITS, '0')}.ndjson`
}

/** Returns the number in the name of a segment's file; null for any other file. */
export function segmentNumber(name: string): number | null {
  const found = /^decisions-(\d{8,})\.ndjson$/.exec(name)
  return found ? Number(found[1]) : null
}

/** Returns a line as it is written. */
export function toText(line: AuditLine): string {
  return `${JSON.stringify(line)}\n`
}

/** Parses a line; null for invalid text. */
export function fromText(text: string): AuditLine | null {
  try {
    return auditLine.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
