/** Finds decisions in the audit file. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DecisionPoint } from '../types/decision.ts'
import { segmentsIn } from './audit.ts'
import { type DecisionLine, fromText, segmentName } from './audit-lines.ts'

const NEWLINE = 0x0a

/** The most lines of one segment that are parsed for one name, from the newest: a client may use one trace for all requests. */
const LINES_MAX = 512

/** The most requests of one task that are followed, from the newest: a refused post may have been retried under another trace. */
const TRACES_MAX = 4

/**
 * Returns the newest `most` decisions about the subject with one of these names, oldest first. Names are the key and the
 * hash of a task, or the trace of a request. Egress and merge decisions carry only the trace of a task's request, so they
 * are found by that. Only lines that hold such a name are parsed: some 0.2 s for an audit file of full size. Rejects with
 * the errors of the disk.
 */
export async function findDecisions(
  folder: string,
  names: readonly string[],
  most: number,
): Promise<DecisionLine[]> {
  const own = await newest(folder, names, most, () => true)
  const traces = new Set(own.flatMap(({ facts }) => facts.trace_id ?? []).map(String))
  const beside = await newest(folder, [...traces].slice(0, TRACES_MAX), most, ofRequest)
  const found = new Map([...own, ...beside].map((line) => [line.id, line]))
  const oldestFirst = [...found.values()].reverse().sort((a, b) => a.at - b.at)
  return oldestFirst.slice(-most)
}

/** A choice of decisions; null chooses all. */
export interface DecisionChoice {
  readonly allow: boolean | null
  readonly point: DecisionPoint | null
  /** A part of the subject. */
  readonly subject: string | null
}

/**
 * Returns the newest `most` decisions of a choice, newest first. Lines of other decisions are not parsed: some 0.2 s for an
 * audit file of full size. Rejects with the errors of the disk.
 */
export async function listDecisions(
  folder: string,
  { allow, point, subject }: DecisionChoice,
  most: number,
): Promise<DecisionLine[]> {
  const marks = [
    ...(allow === null ? [] : [`"allow":${allow}`]),
    ...(point === null ? [] : [`"point":"${point}"`]),
    ...(subject === null ? [] : [JSON.stringify(subject).slice(1, -1)]),
  ]
  const isMeant = (line: DecisionLine): boolean =>
    (allow === null || line.allow === allow) &&
    (point === null || line.point === point) &&
    (subject === null || line.subject.includes(subject))
  const found: DecisionLine[] = []
  for (const number of (await segmentsIn(folder)).reverse()) {
    const texts = (await readSegment(join(folder, segmentName(number)))).toString('utf8').split('\n')
    for (const text of texts.reverse()) {
      if (found.length >= most) return found
      const line = marks.every((mark) => text.includes(mark)) ? fromText(text) : null
      if (line?.type === 'decision' && isMeant(line)) found.push(line)
    }
  }
  return found
}

/** Whether a decision belongs to the whole request, as for egress and merge. Other decisions belong to one of its tasks. */
function ofRequest({ point }: DecisionLine): boolean {
  return point === 'egress' || point === 'merge'
}

/** Returns the newest wanted lines with one of these names, of all segments. */
async function newest(
  folder: string,
  names: readonly string[],
  most: number,
  isMeant: (line: DecisionLine) => boolean,
): Promise<DecisionLine[]> {
  const found: DecisionLine[] = []
  const sought = names.flatMap(fieldsOf)
  const segments = sought.length === 0 ? [] : await segmentsIn(folder)
  for (const number of segments.reverse()) {
    if (found.length >= most) break
    const segment = await readSegment(join(folder, segmentName(number)))
    for (const field of sought) found.push(...linesWith(segment, field).filter(isMeant).slice(0, most))
  }
  return found
}

/** Returns the bytes of a name in a line; inside another text, its quotes would be escaped. */
function fieldsOf(name: string): Buffer[] {
  return ['subject', 'trace_id'].map((field) => Buffer.from(`"${field}":${JSON.stringify(name)}`))
}

/** Returns the last decisions of a segment whose lines hold these bytes, the last one first. */
function linesWith(segment: Buffer, field: Buffer): DecisionLine[] {
  const found: DecisionLine[] = []
  let at = segment.lastIndexOf(field)
  for (let looked = 0; at !== -1 && looked < LINES_MAX; looked += 1) {
    const begin = segment.lastIndexOf(NEWLINE, at) + 1
    const end = segment.indexOf(NEWLINE, at)
    // A line that is being written has no end yet.
    const line = end === -1 ? null : fromText(segment.toString('utf8', begin, end))
    if (line?.type === 'decision') found.push(line)
    at = begin === 0 ? -1 : segment.lastIndexOf(field, begin - 1)
  }
  return found
}

/** Reads a segment; empty if it was the oldest and has just been removed. */
async function readSegment(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw thrown
  }
}
