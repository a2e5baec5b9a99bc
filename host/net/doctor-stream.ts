/** Carries a comparison of two machines over a libp2p stream. */
import type { Connection, Stream } from '@libp2p/interface'
import { isPrivate, lpStream } from '@libp2p/utils'
import { encode } from '@msgpack/msgpack'
import { limits } from '../limits.ts'
import type { AddressBook } from './address-book.ts'
import { decodePlain } from './frame.ts'
import type { PeerAddress, PeerNode } from './libp2p.ts'
import { framing, resetStream } from './message-stream.ts'

/** The protocol of comparisons: four-byte lengths and msgpack, one question at a time. */
export const doctorProtocol = '/ripple/doctor/1.0.0'

/** One end of a comparison. */
export interface DoctorTalk {
  /** The peer id of the other machine. */
  readonly peer: string
  /** The other machine's address on this connection; null if it is not an IP address, or that of a relay. */
  readonly remoteHost: string | null
  /** Whether a card binds the other machine. */
  readonly isMember: boolean
  /** Returns the next message, which may be anything. Rejects when the stream ends. */
  read(signal: AbortSignal): Promise<unknown>
  write(message: unknown, signal: AbortSignal): Promise<void>
}

/** Opens a comparison with a peer, and closes its stream afterwards. Rejects as libp2p and the talk do. */
export async function openDoctorTalk<T>(
  node: Pick<PeerNode, 'connect'>,
  peer: PeerAddress,
  talk: (with_: DoctorTalk) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const standing = await node.connect(peer, signal)
  const brief = AbortSignal.any([signal, AbortSignal.timeout(limits.doctor_tcp_ms)])
  const first = await standing.newStream(doctorProtocol, { signal: brief }).catch(() => null)
  // The standing connection may lead nowhere any more.
  const connection = first === null ? await node.connect(peer, signal, standing) : standing
  const stream = first ?? (await connection.newStream(doctorProtocol, { signal }))
  try {
    const result = await talk(talkOver(stream, connection, true))
    await stream.close({ signal })
    return result
  } catch (thrown) {
    resetStream(stream)
    throw thrown
  }
}

/**
 * Answers comparisons of members and of machines of the LAN, a few at a time and one for each peer. Everybody else's
 * stream is reset. Disposing ends this.
 */
export async function serveDoctorTalks(
  { libp2p }: Pick<PeerNode, 'libp2p'>,
  book: Pick<AddressBook, 'agentOf'>,
  talk: (with_: DoctorTalk, signal: AbortSignal) => Promise<void>,
): Promise<AsyncDisposable> {
  const closing = new AbortController()
  const talking = new Set<string>()
  const serve = async (stream: Stream, connection: Connection): Promise<void> => {
    const peer = connection.remotePeer.toString()
    const isMember = book.agentOf(peer) !== null
    const mayAsk = isMember || isPrivate(connection.remoteAddr)
    if (!mayAsk || talking.has(peer) || talking.size >= limits.doctor_comparisons_max)
      return resetStream(stream)
    talking.add(peer)
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(limits.doctor_compare_ms)])
    try {
      await talk(talkOver(stream, connection, isMember), signal)
      await stream.close({ signal })
    } catch {
      resetStream(stream)
    } finally {
      talking.delete(peer)
    }
  }
  await libp2p.handle(doctorProtocol, serve, { maxInboundStreams: limits.doctor_comparisons_max })
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await libp2p.unhandle(doctorProtocol)
    },
  }
}

function talkOver(stream: Stream, { remotePeer, remoteAddr }: Connection, isMember: boolean): DoctorTalk {
  const frames = lpStream(stream, { ...framing, maxDataLength: limits.doctor_frame_bytes_max })
  return {
    peer: remotePeer.toString(),
    remoteHost: /^\/ip[46]\/([^/]+)\/(?!.*p2p-circuit)/.exec(remoteAddr.toString())?.[1] ?? null,
    isMember,
    read: async (signal) => decodePlain((await frames.read({ signal })).subarray()),
    write: (message, signal) => frames.write(encode(message), { signal }),
  }
}
