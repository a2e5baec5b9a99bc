import { pageLimits } from '../limits/page.ts'
import { pageRefusal } from './refusal.ts'

/** One server-sent event. */
export interface ServerEvent {
  /** `message` where the stream names none. */
  readonly event: string
  readonly data: string
  /** The last id that the stream gave; null before the first. */
  readonly id: string | null
}

/**
 * Reads server-sent events as the HTML standard has them, whatever the pieces in which they come. What a stream breaks off
 * in the middle of is dropped. Rejects with a `Refusal` for an event longer than `page_event_chars_max`.
 */
export async function* serverEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let event = ''
  let data: string[] = []
  let id: string | null = null
  for await (const line of linesOf(pieces)) {
    const { field, value } = fieldOf(line)
    if (line === '') {
      if (data.length > 0) yield { event: event || 'message', data: data.join('\n'), id }
      event = ''
      data = []
    } else if (field === 'event') event = value
    else if (field === 'id') id = value
    else if (field === 'data') {
      data.push(value)
      bounded(data.reduce((sum, { length }) => sum + length, 0))
    }
  }
}

/** A comment has an empty field, which means nothing. */
function fieldOf(line: string): { field: string; value: string } {
  const colon = line.indexOf(':')
  if (colon < 0) return { field: line, value: '' }
  return { field: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') }
}

async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of pieces) {
    rest += decoder.decode(piece, { stream: true })
    // A carriage return at the end may be half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    bounded(rest.length)
    yield* lines
  }
}

function bounded(chars: number): void {
  if (chars > pageLimits.page_event_chars_max)
    throw pageRefusal('RIPPLE_PAGE_UNREADABLE', 'an event is too long')
}

/** The pieces of an answer's body. Whoever reads no further ends the request. Rejects with a `Refusal` where it breaks off. */
export async function* piecesOf(answer: Response): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((thrown: unknown) => {
        throw pageRefusal('RIPPLE_PAGE_CUT_OFF', '', thrown)
      })
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
