/** Makes a Node stream of a libp2p stream. */
import { Duplex } from 'node:stream'
import type { Stream } from '@libp2p/interface'

/**
 * Returns a Node stream that reads and writes a libp2p stream, with the flow control of both. If either side is destroyed or
 * reset, so is the other.
 */
export function duplexOf(stream: Stream): Duplex {
  const duplex = new Duplex({
    read: () => {
      if (stream.readStatus === 'paused') stream.resume()
    },
    write: (chunk: Uint8Array, _encoding, done) => {
      try {
        if (stream.send(chunk)) return done()
        // A stream that closes meanwhile destroys this one, and its error ends the wait.
        stream.onDrain().then(() => done(), done)
      } catch (thrown) {
        done(thrown as Error)
      }
    },
    final: (done) => {
      stream.close().then(() => done(), done)
    },
    destroy: (error, done) => {
      if (stream.status === 'open' || stream.status === 'closing')
        stream.abort(error ?? new DOMException('the connection has ended', 'AbortError'))
      done(error)
    },
  })
  // Its users see an error as 'close'. One that comes before they listen must not end the process.
  duplex.on('error', () => {})
  stream.addEventListener('message', ({ data }) => {
    if (!duplex.push(data.subarray()) && stream.readStatus === 'readable') stream.pause()
  })
  stream.addEventListener('end', () => duplex.push(null))
  stream.addEventListener('close', ({ error }) => {
    if (error) duplex.destroy(error)
  })
  return duplex
}
