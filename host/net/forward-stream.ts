/** Carries connections to the bootstrap server of a LAN over libp2p streams. */
import type { Duplex } from 'node:stream'
import type { Connection, Stream } from '@libp2p/interface'
import { RippleError } from '../errors/ripple-error.ts'
import { lanLimits } from '../limits/lan.ts'
import { firstBytes, joinStreams } from '../types/join-streams.ts'
import type { PeerNode } from './libp2p.ts'
import { PeerQuota } from './peer-quota.ts'
import { duplexOf } from './stream-duplex.ts'

/** The protocol of forwarded connections: a byte with the hops that are left, then the bytes of the connection. */
export const forwardProtocol = '/ripple/forward/1.0.0'

const streams = {
  maxInboundStreams: lanLimits.forwards_each_max,
  maxOutboundStreams: lanLimits.forwards_each_max,
}

/** The dependencies of the protocol. */
export interface ForwardNeeds {
  readonly node: Pick<PeerNode, 'libp2p'>
  /** Whether a peer is of this network: it has greeted over a connection that is still open. */
  isGreeted(peer: string): boolean
  /**
   * Opens a connection to where this machine's own conductor is led, over at most `hops` further machines. Rejects if that
   * is nowhere.
   */
  onward(hops: number): Promise<Duplex>
  /** Called for a connection that was refused, with the reason. */
  onRefused(peer: string, reason: 'stranger' | 'over_limit'): void
}

/** Carries the connections of greeted peers on until disposed. */
export async function carryForwards(needs: ForwardNeeds): Promise<AsyncDisposable> {
  const quota = new PeerQuota({ each: lanLimits.forwards_each_max, all: lanLimits.forwards_max })
  const take = async (stream: Stream, { remotePeer }: Connection) => {
    const peer = remotePeer.toString()
    const isGreeted = needs.isGreeted(peer)
    if (!isGreeted || !quota.take(peer)) {
      needs.onRefused(peer, isGreeted ? 'over_limit' : 'stranger')
      stream.abort(new DOMException('the connection is not forwarded', 'NotAllowedError'))
      return
    }
    const near = duplexOf(stream)
    near.once('close', () => quota.release(peer))
    await carry(near, needs).catch(() => near.destroy())
  }
  await needs.node.libp2p.handle(forwardProtocol, take, streams)
  return { [Symbol.asyncDispose]: async () => needs.node.libp2p.unhandle(forwardProtocol) }
}

/** Opens a connection that a peer carries on to its server, over at most `hops` further machines. Rejects as libp2p does. */
export async function openForward(
  node: Pick<PeerNode, 'libp2p'>,
  peer: string,
  hops: number,
): Promise<Duplex> {
  const connection = node.libp2p
    .getConnections()
    .find(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer)
  if (!connection) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: peer })
  const signal = AbortSignal.timeout(lanLimits.forward_open_ms)
  const stream = await connection.newStream(forwardProtocol, { ...streams, signal })
  const duplex = duplexOf(stream)
  duplex.write(Uint8Array.of(hops))
  return duplex
}

async function carry(near: Duplex, { onward }: ForwardNeeds): Promise<void> {
  const first = await firstBytes(near, AbortSignal.timeout(lanLimits.forward_open_ms))
  if (first.length > 1) near.unshift(first.subarray(1))
  joinStreams(near, await onward((first[0] ?? 0) - 1))
}
