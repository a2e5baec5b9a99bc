/** Checks the audit file for changes. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sha256Hex } from '../codec/digest.ts'
import { segmentsIn } from './audit.ts'
import { type AuditLine, fromText, segmentName } from './audit-lines.ts'

/** The content of the audit file, and its problems. */
export interface AuditReport {
  readonly segments: number
  readonly bytes: number
  readonly decisions: number
  readonly allowed: number
  readonly refused: number
  /** The time of the oldest stored decision, in milliseconds since 1970. */
  readonly since: number | null
  /** Lines that a crash or a full disk cut off. */
  readonly torn: number
  /** The differences from the written file, each a sentence; empty if there are none. */
  readonly problems: readonly string[]
}

/** The lines that are read before other work gets a turn: some 10 milliseconds. */
const LINES_A_TURN = 250

/** The most problems that are named. */
const PROBLEMS_MAX = 20

interface Found {
  readonly lines: readonly (AuditLine | null)[]
  readonly bytes: number
  readonly digest: string
}

interface Before {
  readonly number: number
  readonly digest: string
}

/**
 * Reads the audit file and checks that each segment holds the digest of the one before. This shows changes and removals,
 * with two exceptions. The oldest segments are also removed when there are too many, and no line holds the newest segment's
 * digest yet. An attacker who rewrites everything after a change stays undetected by the file alone.
 */
export async function verifyAudit(folder: string): Promise<AuditReport> {
  const numbers = await segmentsIn(folder)
  const problems: string[] = []
  const sum = { bytes: 0, torn: 0, allowed: 0, refused: 0 }
  let since: number | null = null
  let before: Before | null = null
  for (const number of numbers) {
    const found = await readSegment(join(folder, segmentName(number)))
    problems.push(...chainProblems(number, found.lines[0] ?? null, before), ...lineProblems(number, found))
    sum.bytes += found.bytes
    for (const line of found.lines) {
      if (line?.type === 'torn') sum.torn += 1
      if (line?.type !== 'decision') continue
      sum[line.allow ? 'allowed' : 'refused'] += 1
      since ??= line.at
    }
    before = { number, digest: found.digest }
  }
  const decisions = sum.allowed + sum.refused
  return { ...sum, segments: numbers.length, decisions, since, problems: problems.slice(0, PROBLEMS_MAX) }
}

async function readSegment(path: string): Promise<Found> {
  const bytes = await readFile(path)
  // Text after the last line break may be a line that is being written.
  const texts = bytes.toString('utf8').split('\n').slice(0, -1)
  const lines: (AuditLine | null)[] = []
  for (const [place, text] of texts.entries()) {
    if (text !== '') lines.push(fromText(text))
    if (place % LINES_A_TURN === 0) await nextTurn()
  }
  return { lines, bytes: bytes.length, digest: sha256Hex(bytes) }
}

function chainProblems(number: number, first: AuditLine | null, before: Before | null): string[] {
  const name = segmentName(number)
  if (first?.type !== 'segment' || first.number !== number)
    return [`${name} does not begin as a segment does`]
  if (before === null) {
    const isFirst = number === 1
    return isFirst === (first.before === null) ? [] : [`${name} names a segment before it that cannot be`]
  }
  if (before.number !== number - 1) return [`${segmentName(number - 1)} is gone`]
  return first.before === before.digest
    ? []
    : [`${segmentName(before.number)} is not as it was when ${name} was begun`]
}

/** Returns the problems of a segment's lines. An unreadable line was cut off if the next line says so. */
function lineProblems(number: number, { lines }: Found): string[] {
  return lines.flatMap((line, place) => {
    const excused = line === null && lines[place + 1]?.type === 'torn'
    const misplaced = line?.type === 'segment' && place > 0
    return (line === null && !excused) || misplaced
      ? [`${segmentName(number)} has a line that was not written here: line ${place + 1}`]
      : []
  })
}
