/** Writes a machine's facts as one line that people paste to another machine, and reads such a line. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { FACTS_FORM, type MachineFacts, machineFacts } from '../types/machine-facts.ts'

/** The beginning of a code, by which it differs from the name of a peer. */
const PREFIX = `ripple-doctor-${FACTS_FORM}:`
/** The most bytes of facts in a code. */
const FACTS_BYTES_MAX = 64 * 1024

/** Whether a text is meant to be a code. */
export function isFactsCode(text: string): boolean {
  return text.trimStart().startsWith('ripple-doctor-')
}

/** Returns the facts as one line without spaces. */
export function writeFactsCode(facts: MachineFacts): string {
  return PREFIX + deflateRawSync(JSON.stringify(facts), { level: 9 }).toString('base64url')
}

/** Returns the facts of a code; blanks and line breaks from pasting do not matter. Throws `RIPPLE_DOCTOR_CODE`. */
export function readFactsCode(text: string): MachineFacts {
  const code = text.replaceAll(/\s/g, '')
  if (!code.startsWith(PREFIX)) throw refused('it was made by another version of Ripple')
  if (code.length > limits.doctor_code_chars_max) throw refused('it is too long')
  const body = code.slice(PREFIX.length)
  if (!/^[A-Za-z0-9_-]+$/.test(body)) throw refused('it has characters that no code has')
  const parsed = machineFacts.safeParse(parse(body))
  if (!parsed.success) throw refused('it does not hold the facts of a machine')
  return parsed.data
}

function parse(body: string): unknown {
  try {
    const bytes = inflateRawSync(Buffer.from(body, 'base64url'), { maxOutputLength: FACTS_BYTES_MAX })
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw refused('it is cut off or damaged')
  }
}

function refused(detail: string): RippleError {
  return new RippleError('RIPPLE_DOCTOR_CODE', { detail })
}
