import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageLimits } from '../../../../host/limits/page.ts'
import { serverEvents } from '../../../../host/ui/daemon/server-events.ts'

/** The events of a stream that comes in pieces cut at these places. */
async function read(text: string, cuts: readonly number[] = []): Promise<string[]> {
  const bytes = new TextEncoder().encode(text)
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  async function* pieces() {
    for (const [index, from] of places.slice(0, -1).entries()) yield bytes.slice(from, places[index + 1])
  }
  const events: string[] = []
  for await (const event of serverEvents(pieces())) events.push(event)
  return events
}

test('events are the same however the stream is cut', async () => {
  const text = 'id: 7\r\nevent: state\r\ndata: größer\r\n\r\n: ping\n\ndata: a\ndata:b\n\nid: 8\rdata: €\r\r'
  const whole = ['größer', 'a\nb', '€']
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 12 }), async (cuts) => {
      expect(await read(`${text}\n`, cuts)).toEqual(whole)
    }),
  )
})

test('an unfinished event does not count', async () => {
  expect(await read('data: a\n\ndata: b')).toHaveLength(1)
  expect(await read('data: a\n\ndata: b\n')).toHaveLength(1)
  expect(await read(': only a comment\n\n')).toEqual([])
})

test.each([
  ['one line', `data: ${'x'.repeat(pageLimits.page_event_chars_max + 1)}`],
  ['many lines', `data: ${'x'.repeat(1_000)}\n`.repeat(pageLimits.page_event_chars_max / 1_000 + 1)],
])('an endless event is refused, of %s', async (_what, text) => {
  await expect(read(text)).rejects.toMatchObject({ trouble: { code: 'RIPPLE_PAGE_UNREADABLE' } })
})
