/** Reads server-sent events in the browser. */
import { createParser } from 'eventsource-parser'
import { pageLimits } from '../../limits/page.ts'
import { pageRefusal } from './refusal.ts'

/**
 * Yields the data of server-sent events, which may arrive in any pieces. An incomplete last event is dropped. Rejects with a
 * `Refusal` for an event longer than `page_event_chars_max`.
 */
export async function* serverEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const whole: string[] = []
  let isTooLong = false
  const parser = createParser({
    onEvent: ({ data }) => void whole.push(data),
    onError: ({ type }) => {
      isTooLong ||= type === 'max-buffer-size-exceeded'
    },
    maxBufferSize: pageLimits.page_event_chars_max,
  })
  const decoder = new TextDecoder()
  for await (const piece of pieces) {
    parser.feed(decoder.decode(piece, { stream: true }))
    yield* whole.splice(0)
    if (isTooLong) throw pageRefusal('RIPPLE_PAGE_UNREADABLE', 'an event is too long')
  }
}

/** Yields the pieces of an answer's body. A reader that stops ends the request. Rejects with a `Refusal` if it breaks off. */
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
