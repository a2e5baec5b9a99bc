/** Exchanges hellos between the daemons of one network. It is spoken before a card is known, so anybody may have sent one. */
import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { encode } from '@msgpack/msgpack'
import { z } from 'zod'
import { lanLimits } from '../limits/lan.ts'
import { rendezvousLimits } from '../limits/rendezvous.ts'
import { limits } from '../limits.ts'
import { decodePlain } from './frame.ts'
import type { PeerNode } from './libp2p.ts'
import { framing, resetStream } from './message-stream.ts'
import { PeerQuota } from './peer-quota.ts'

/** The protocol of hellos: one frame each way, of a four-byte length and msgpack. */
export const rendezvousProtocol = '/ripple/rendezvous/1.0.0'

const whole = z.number().int().nonnegative()
const peerId = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{46,64}$/)
const addresses = z.array(z.string().max(lanLimits.address_chars_max)).max(lanLimits.addresses_max)

/** The schema of a greeting. Unknown fields are dropped, so that a later version may add some. */
export const greetingSchema = z.object({
  /** The digest of the sender's network seed. */
  network: z.string().regex(/^[0-9a-f]{64}$/),
  /** The version of its daemon. */
  version: z.string().max(lanLimits.version_chars_max),
  /** The hashes of its DNAs; none while its conductor starts. */
  dnas: z.array(z.string().regex(/^uhC0k[\w-]{48}$/)).max(lanLimits.dnas_max),
  sighting: z
    .object({
      server: peerId,
      since: whole,
      isUsed: z.boolean(),
      pulse: whole,
      hops: whole.max(rendezvousLimits.hops_max),
      via: peerId.nullable(),
    })
    .nullable(),
  able: z.boolean(),
  /** The addresses of its node. */
  addresses,
  /** Peers that it is connected to, each with its addresses. */
  sees: z.array(z.object({ peer: peerId, addresses })).max(lanLimits.peers_told_max),
  /** The signed agent infos of its conductor, if the receiver has not had them yet. */
  infos: z.array(z.string().max(lanLimits.info_chars_max)).max(lanLimits.infos_max),
})

/** A hello with what the machines tell each other besides. */
export type Greeting = z.output<typeof greetingSchema>

/** The dependencies of the protocol. */
export interface GreetingNeeds {
  readonly node: Pick<PeerNode, 'libp2p'>
  /** The digest of this machine's network seed. */
  readonly network: string
  /** Takes a peer's greeting in and returns the answer. */
  answer(peer: string, greeting: Greeting): Greeting
  /** Called for a greeting that was refused, with the reason. */
  onRefused(peer: string, reason: RefusedGreeting): void
}

/** Why a greeting was refused. */
export type RefusedGreeting = 'malformed' | 'another_network' | 'over_limit'

/** Frames of greetings. */
const frames = {
  ...framing,
  maxDataLength: lanLimits.greeting_bytes_max,
  maxBufferSize: lanLimits.greeting_bytes_max + 64 * 1024,
}

/** Answers the greetings of peers until disposed. */
export async function answerGreetings(needs: GreetingNeeds): Promise<AsyncDisposable> {
  const quota = new PeerQuota({ each: lanLimits.greetings_each_max, all: lanLimits.greetings_max })
  const take = async (stream: Stream, { remotePeer }: Connection) => {
    const peer = remotePeer.toString()
    if (!quota.take(peer)) return refuse(stream, peer, 'over_limit')
    try {
      const signal = AbortSignal.timeout(rendezvousLimits.hello_ms)
      const framed = lpStream(stream, frames)
      const greeting = read((await framed.read({ signal })).subarray())
      const wrong =
        greeting === null ? 'malformed' : greeting.network === needs.network ? null : 'another_network'
      if (greeting === null || wrong !== null) return refuse(stream, peer, wrong ?? 'malformed')
      await framed.write(encode(needs.answer(peer, greeting)), { signal })
      await stream.close({ signal })
    } catch {
      resetStream(stream)
    } finally {
      quota.release(peer)
    }
  }
  const refuse = (stream: Stream, peer: string, reason: RefusedGreeting) => {
    needs.onRefused(peer, reason)
    resetStream(stream)
  }
  const streams = {
    maxInboundStreams: lanLimits.greetings_each_max * 2,
    maxOutboundStreams: limits.peer_streams_max,
  }
  await needs.node.libp2p.handle(rendezvousProtocol, take, streams)
  return { [Symbol.asyncDispose]: async () => needs.node.libp2p.unhandle(rendezvousProtocol) }
}

/** Sends a greeting and returns the peer's; null if that is malformed. Rejects as libp2p does. */
export async function sendGreeting(
  connection: Connection,
  greeting: Greeting,
  stop: AbortSignal,
): Promise<Greeting | null> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(rendezvousLimits.hello_ms)])
  const stream = await connection.newStream(rendezvousProtocol, {
    signal,
    maxOutboundStreams: limits.peer_streams_max,
  })
  try {
    const framed = lpStream(stream, frames)
    await framed.write(encode(greeting), { signal })
    const answer = read((await framed.read({ signal })).subarray())
    await stream.close({ signal })
    return answer
  } catch (thrown) {
    resetStream(stream)
    throw thrown
  }
}

function read(bytes: Uint8Array): Greeting | null {
  return greetingSchema.safeParse(decodePlain(bytes)).data ?? null
}
