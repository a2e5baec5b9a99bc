/** Seals, reads and writes the records of questions to an ensemble. */
import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import { type EnsembleRecord, ensembleRecord, type RecordBody } from '../../types/ensemble-record.ts'
import type { Json } from '../../types/json.ts'

/** Adds the digest to a record. Pure. */
export function sealRecord(body: RecordBody): EnsembleRecord {
  return { ...body, sha256: digestOf(body) }
}

/** Parses a record; null for other text, or if the digest does not match the content. Pure. */
export function readRecord(text: string): EnsembleRecord | null {
  try {
    const { sha256, ...body } = ensembleRecord.parse(JSON.parse(text))
    return digestOf(body) === sha256 ? { ...body, sha256 } : null
  } catch {
    return null
  }
}

/** Returns a record as its file holds it. Pure. */
export function recordText(record: EnsembleRecord): string {
  return `${canonicalJson(record as unknown as Json)}\n`
}

function digestOf(body: RecordBody): string {
  return sha256Hex(canonicalJson(body as unknown as Json))
}
