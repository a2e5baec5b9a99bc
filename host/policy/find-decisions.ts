import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { segmentsIn } from './audit.ts'
import { type DecisionLine, fromText, segmentName } from './audit-lines.ts'

const NEWLINE = 0x0a

/** Lines of one segment that are parsed for one name, the newest of them: a client may give all its requests one trace. */
const LINES_MAX = 512

/** Requests of one task that are followed, the newest of them: a post that was refused may have been tried under another. */
const TRACES_MAX = 4

/**
 * The newest `most` decisions about whatever has one of these names (the key and the hash of a task, or the trace of a request),
 * oldest first. What was let out and merged for the request of a task names its trace alone, so it is looked for by that. Only
 * lines that hold such a name are parsed: some 0.2 s for an audit file of full size. Rejects with what the disk says.
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

/** Other tasks of a request have decisions of their own; what is let out and merged is the whole request's. */
function ofRequest({ point }: DecisionLine): boolean {
  return point === 'egress' || point === 'merge'
}

/** The newest lines that have one of these names and are meant, of all segments. */
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

/** How a line has a name; a text of its own that looks like this stands there with its quotes escaped. */
function fieldsOf(name: string): Buffer[] {
  return ['subject', 'trace_id'].map((field) => Buffer.from(`"${field}":${JSON.stringify(name)}`))
}

/** The last decisions of a segment whose lines hold this, the last one first. */
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

/** A segment, or nothing where it was the oldest and has just been removed. */
async function readSegment(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw thrown
  }
}
