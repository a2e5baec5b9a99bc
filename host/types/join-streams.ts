/** Joins two connections. */
import { type Duplex, pipeline } from 'node:stream'

/** Carries the bytes of two connections to each other until both have ended, or one fails; then both are destroyed. */
export function joinStreams(a: Duplex, b: Duplex): void {
  const end = () => {
    a.destroy()
    b.destroy()
  }
  // `pipeline` throws if one has ended already.
  if (a.destroyed || b.destroyed) end()
  else pipeline(a, b, a, end)
}

/** Returns the first bytes of a connection, and leaves it paused. Rejects if it ends before, or at the signal. */
export function firstBytes(stream: Duplex, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(signal.reason ?? new DOMException('the connection has ended', 'AbortError'))
    signal.addEventListener('abort', fail, { once: true })
    stream.once('close', fail)
    stream.once('data', (bytes: Uint8Array) => {
      signal.removeEventListener('abort', fail)
      stream.off('close', fail)
      // Further bytes that have arrived would be lost after this function.
      stream.pause()
      resolve(bytes)
    })
  })
}
