import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pageLimits } from '../../../host/limits/page.ts'
import { followPeers } from '../../../host/ui/follow-peers.ts'

let streams: ReadableStreamDefaultController<Uint8Array>[] = []
beforeEach(() => {
  streams = []
  vi.useFakeTimers()
  vi.stubGlobal(
    'fetch',
    async () => new Response(new ReadableStream({ start: (one) => void streams.push(one) })),
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const say = (at: number, text: string) => streams[at]?.enqueue(new TextEncoder().encode(text))

test('events that come while the machines are read cause one more reading', async () => {
  const ended = new AbortController()
  const reading: (() => void)[] = []
  const changed = () => new Promise<void>((done) => void reading.push(done))
  const following = followPeers('key', changed, ended.signal)
  await vi.waitFor(() => expect(reading).toHaveLength(1))
  say(0, 'data: {}\n\n'.repeat(3))
  await vi.advanceTimersByTimeAsync(1)
  expect(reading).toHaveLength(1)
  reading[0]?.()
  await vi.waitFor(() => expect(reading).toHaveLength(2))
  reading[1]?.()
  await vi.advanceTimersByTimeAsync(1)
  expect(reading).toHaveLength(2)
  ended.abort()
  streams[0]?.close()
  await following
})

test('a stream that breaks is opened again after a pause, and the machines are read again', async () => {
  const ended = new AbortController()
  const changed = vi.fn(async () => {})
  const following = followPeers('key', changed, ended.signal)
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1))
  streams[0]?.error(new Error('gone'))
  await vi.advanceTimersByTimeAsync(pageLimits.page_follow_pause_ms)
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(2))
  expect(streams).toHaveLength(2)
  ended.abort()
  streams[1]?.close()
  await following
})

test('a key that is not valid any more ends the following', async () => {
  const error = { code: 'RIPPLE_UNAUTHORIZED', message: 'no', hint: 'sign in' }
  vi.stubGlobal('fetch', async () => Response.json({ error }, { status: 401 }))
  const following = followPeers('key', async () => {}, new AbortController().signal)
  await expect(following).rejects.toMatchObject({ status: 401 })
})
