/** Writes and reads the archive of an epoch, from which receipts can still be made. */
import { decode } from '@msgpack/msgpack'
import { z } from 'zod'
import type { MeshEntry } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { Dht } from '../dht/port.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { ActionHash, DnaHash, MeshEvent, SignedBytes } from '../types/events.ts'
import { readPosterList } from './poster-list.ts'

const bytes = z.base64().transform((text) => Uint8Array.from(Buffer.from(text, 'base64')))
const lineSchema = z.object({
  hash: z.string(),
  author: z.string(),
  seq: z.number().int(),
  at: z.number().int(),
  type: z.string(),
  action: bytes,
  entry: bytes,
  signature: bytes,
})

/** One event of an archive: its exact bytes, and the event's identity. */
export type ArchivedEvent = z.output<typeof lineSchema>

/** Formats an event as a line of an archive. */
export function archiveLine({ hash, author, seq, at, entry }: MeshEvent, signed: SignedBytes): string {
  const text = (value: Uint8Array) => Buffer.from(value).toString('base64')
  const { type } = entry
  const [action, content, signature] = [signed.action, signed.entry, signed.signature].map(text)
  return `${JSON.stringify({ hash, author, seq, at, type, action, entry: content, signature })}\n`
}

/** Returns the events of an archive's text. A line that a crash truncated is skipped: its event is written again. */
export function readArchive(text: string): ArchivedEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [lineSchema.parse(JSON.parse(line))]
    } catch {
      return []
    }
  })
}

/**
 * Returns all events that receipts of this machine's part in an epoch need. These are its own events, and the Results of
 * its tasks with the claims of stand-ins. For each task that it worked on they include the poster's list.
 */
export async function archived(dht: Dht, dna: DnaHash, signal: AbortSignal): Promise<MeshEvent[]> {
  const found = new Map<ActionHash, MeshEvent>()
  const add = (events: readonly (MeshEvent | null)[]) => {
    for (const event of events) if (event) found.set(event.hash, event)
  }
  const own = await dht.ownEvents(dna, 0, signal)
  add(own)
  for (const { hash, entry } of own) {
    if (entry.type === 'Task') {
      const results = await dht.results(hash, signal)
      add(results)
      for (const authority of authoritiesOf(results))
        if (!found.has(authority)) add([await dht.get(authority, signal)])
    }
    if (entry.type !== 'Result') continue
    const asked = await dht.get(entry.task, signal)
    add([asked, await dht.get(entry.authority, signal)])
    if (asked) add(await readPosterList(dht, asked.author, entry.task, signal))
  }
  return [...found.values()]
}

/** Returns the authorities of some Results: a Grant, or the claim of a stand-in. */
function authoritiesOf(results: readonly MeshEvent[]): ActionHash[] {
  return results.flatMap(({ entry }) => (entry.type === 'Result' ? [entry.authority] : []))
}

/** Returns an archive as a DHT that receipts can read. It accepts no writes, and nothing new arrives there. */
export function archiveDht(agent: string, lines: readonly ArchivedEvent[]): Dht {
  const byHash = new Map(lines.map((line) => [line.hash, line]))
  const events = lines.map(eventOf)
  const dna = events[0]?.entry.dna_hash ?? ''
  const about = (task: ActionHash) => events.filter(({ entry }) => 'task' in entry && entry.task === task)
  return {
    agent,
    dnaHash: dna,
    dnaHashes: [dna],
    commit: async () => {
      throw new RippleError('RIPPLE_DHT_REFUSED', { detail: 'an archive takes nothing' })
    },
    ownEvents: async () => events.filter(({ author }) => author === agent),
    get: async (hash) => events.find((event) => event.hash === hash) ?? null,
    results: async (task) => about(task).filter(({ entry }) => entry.type === 'Result'),
    closes: async (task) => about(task).filter(({ entry }) => entry.type === 'Close'),
    fallbackTasks: async () => [],
    eventsBy: async (author, task) =>
      about(task).filter((event) => event.author === author && ['Grant', 'Close'].includes(event.entry.type)),
    holders: async () => 0,
    signed: async (hash) => byHash.get(hash) ?? null,
  }
}

/** Returns the event that archived bytes contain. */
function eventOf({ hash, author, seq, at, type, entry }: ArchivedEvent): MeshEvent {
  const { entry: document } = z.object({ entry: z.instanceof(Uint8Array) }).parse(decode(entry))
  // The zomes validated it when it was written. A receipt made from it is verified before it is handed out.
  return { hash, author, seq, at, entry: { type, ...(decode(document) as object) } as MeshEntry }
}
