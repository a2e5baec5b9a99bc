import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pageLimits } from '../../../../host/limits/page.ts'
import { followEvents } from '../../../../host/ui/daemon/event-stream.ts'

let streams: ReadableStreamDefaultController<Uint8Array>[] = []
let asked: string[] = []
beforeEach(() => {
  streams = []
  asked = []
  vi.useFakeTimers()
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path)
    return new Response(new ReadableStream({ start: (one) => void streams.push(one) }))
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const say = (at: number, id: string) =>
  streams[at]?.enqueue(new TextEncoder().encode(`data: ${JSON.stringify({ id, at: 1, type: 'ready' })}\n\n`))

test('a stream that breaks is opened again after a pause, and continues after the last event', async () => {
  const ended = new AbortController()
  const heard: string[] = []
  const open: boolean[] = []
  const reader = {
    heard: ({ id }: { id: string }) => void heard.push(id),
    linked: (is: boolean) => void open.push(is),
  }
  const following = followEvents(['health'], 'key', reader, ended.signal)
  await vi.waitFor(() => expect(streams).toHaveLength(1))
  say(0, 'r-1')
  await vi.waitFor(() => expect(heard).toEqual(['r-1']))
  streams[0]?.error(new Error('gone'))
  await vi.waitFor(() => expect(open).toEqual([true, false]))
  await vi.advanceTimersByTimeAsync(pageLimits.page_follow_pause_ms)
  await vi.waitFor(() => expect(open).toEqual([true, false, true]))
  say(1, 'r-2')
  await vi.waitFor(() => expect(heard).toEqual(['r-1', 'r-2']))
  expect(asked).toEqual(['/api/events?kinds=health', '/api/events?kinds=health&after=r-1'])
  ended.abort()
  streams[1]?.close()
  await following
})

test('a key that is not valid any more ends the following', async () => {
  const error = { code: 'RIPPLE_UNAUTHORIZED', message: 'no', hint: 'sign in' }
  vi.stubGlobal('fetch', async () => Response.json({ error }, { status: 401 }))
  const nothing = { heard: () => {}, linked: () => {} }
  const following = followEvents(['peers'], 'key', nothing, new AbortController().signal)
  await expect(following).rejects.toMatchObject({ status: 401 })
})
