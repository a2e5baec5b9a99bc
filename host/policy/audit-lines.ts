import { z } from 'zod'
import { decisionPoints } from '../types/decision.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().nonnegative()
const at = z.number().describe('milliseconds since 1970')

/** A fact that may be kept: a short text, a number, yes or no. */
const keptFact = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** How a segment begins. */
export const segmentLine = z.strictObject({
  type: z.literal('segment'),
  number: count,
  /** sha256 of the whole segment before; null in the first that there ever was. */
  before: sha256.nullable(),
  at,
})

/** A decision. What it rested on is there as a digest; of the facts themselves only those that are safe to keep. */
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
  /** sha256 of the canonical JSON of all facts. */
  facts_digest: sha256,
  facts: z.record(z.string(), keptFact),
  at,
})

/** Says that the line before was broken off, by a crash or a full disk. */
export const tornLine = z.strictObject({ type: z.literal('torn'), at })

/** A line of the audit file. */
export const auditLine = z.discriminatedUnion('type', [segmentLine, decisionLine, tornLine])

/** A decision as the audit file keeps it. */
export type DecisionLine = z.infer<typeof decisionLine>
/** A line of the audit file. */
export type AuditLine = z.infer<typeof auditLine>
/** A fact that may be kept. */
export type KeptFact = z.infer<typeof keptFact>

const PREFIX = 'decisions-'
const DIGITS = 8

/** Name of a segment's file. */
export function segmentName(number: number): string {
  return `${PREFIX}${String(number).padStart(DIGITS, '0')}.ndjson`
}

/** The number in the name of a segment's file; null for any other file. */
export function segmentNumber(name: string): number | null {
  const found = /^decisions-(\d{8,})\.ndjson$/.exec(name)
  return found ? Number(found[1]) : null
}

/** A line as it is written. */
export function toText(line: AuditLine): string {
  return `${JSON.stringify(line)}\n`
}

/** A line as it was written, or null for whatever else stands there. */
export function fromText(text: string): AuditLine | null {
  try {
    return auditLine.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
