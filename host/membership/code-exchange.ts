/** Hands an invite to a machine of the LAN that knows its spoken code. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { encode } from '@msgpack/msgpack'
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { decodePlain } from '../net/frame.ts'
import { openPeerNode, type PeerNode } from '../net/libp2p.ts'
import { framing, resetStream } from '../net/message-stream.ts'
import { codeProofs, isSameProof, type SpokenCode } from './spoken-code.ts'

/** The protocol of spoken codes: one proof from the joiner, one answer. */
const codeProtocol = '/ripple/invite-code/1.0.0'
/** The service tag by which the two machines find each other. They do not know yet which network they share. */
const CODE_TAG = 'ripple-code.local'

const proof = z.string().regex(/^[0-9a-f]{64}$/)
const asking = z.strictObject({ ask: proof })
const answering = z.union([
  z.strictObject({ line: z.string().min(1).max(2_048), proof }),
  z.strictObject({ refused: z.string().min(1).max(200) }),
])
const frames = {
  ...framing,
  maxDataLength: limits.invite_frame_bytes_max,
  maxBufferSize: 2 * limits.invite_frame_bytes_max,
}

/** A node of its own key that lives as long as a code: machines on the LAN learn nothing of the daemon's by it. */
async function openCodeNode(stack: AsyncDisposableStack): Promise<PeerNode> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-code-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const listen = ['/ip4/0.0.0.0/tcp/0']
  return stack.use(await openPeerNode({ keyFile: join(folder, 'key'), listen, mdns: CODE_TAG }))
}

/** Answers machines of the LAN that try a code, until it is disposed or the code has expired. */
export async function offerCode(code: SpokenCode): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack()
  const node = await openCodeNode(opening)
  await answerCode(node, code)
  const stack = opening.move()
  const end = setTimeout(() => void stack.disposeAsync(), limits.code_ms)
  end.unref()
  return {
    [Symbol.asyncDispose]: () => {
      clearTimeout(end)
      return stack.disposeAsync()
    },
  }
}

/** Answers machines that try a code. */
export async function answerCode({ libp2p, peerId }: PeerNode, code: SpokenCode): Promise<void> {
  const answer = async (stream: Stream, connection: Connection): Promise<void> => {
    try {
      const signal = AbortSignal.timeout(limits.invite_ask_ms)
      const framed = lpStream(stream, frames)
      const { ask } = asking.parse(decodePlain((await framed.read({ signal })).subarray()))
      const pair = { inviter: peerId, joiner: connection.remotePeer.toString() }
      await framed.write(encode(await code.answer(ask, pair)), { signal })
      await stream.close({ signal })
    } catch {
      resetStream(stream)
    }
  }
  await libp2p.handle(codeProtocol, answer, { maxInboundStreams: limits.invites_asked_max })
}

/**
 * Finds the machine of the LAN that offers a code, and returns its invite. Rejects with `RIPPLE_INVITE_REFUSED` if a
 * machine offers another code, and with `RIPPLE_INVITER_UNREACHABLE` if none offers one within `limits.code_look_ms`.
 */
export async function takeCode(code: string, signal: AbortSignal): Promise<string> {
  await using stack = new AsyncDisposableStack()
  const node = await openCodeNode(stack)
  const ended = AbortSignal.any([signal, AbortSignal.timeout(limits.code_look_ms)])
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let refused: string | null = null
  const ask = (peer: PeerId): void => {
    askForCode(node, peer, code, ended).then(resolve, (thrown) => {
      if (thrown instanceof RippleError) refused = String(thrown.facts.detail)
    })
  }
  node.libp2p.addEventListener('peer:connect', ({ detail }) => ask(detail))
  ended.addEventListener('abort', () => {
    if (signal.aborted) reject(new RippleError('RIPPLE_INTERRUPTED'))
    else if (refused !== null) reject(new RippleError('RIPPLE_INVITE_REFUSED', { detail: refused }))
    else
      reject(
        new RippleError('RIPPLE_INVITER_UNREACHABLE', { addresses: 'no machine of this LAN offers a code' }),
      )
  })
  return promise
}

/** Asks one machine for the invite of a code. Rejects with `RIPPLE_INVITE_REFUSED`, or as libp2p does. */
export async function askForCode(
  node: PeerNode,
  peer: PeerId,
  code: string,
  signal: AbortSignal,
): Promise<string> {
  const stream = await node.libp2p.dialProtocol(peer, codeProtocol, { signal })
  try {
    const framed = lpStream(stream, frames)
    const proofs = await codeProofs(code, { inviter: peer.toString(), joiner: node.peerId })
    await framed.write(encode({ ask: proofs.ask }), { signal })
    const answer = answering.parse(decodePlain((await framed.read({ signal })).subarray()))
    if ('refused' in answer) throw new RippleError('RIPPLE_INVITE_REFUSED', { detail: answer.refused })
    // A machine that does not know the words could pass on an invite to a network of its own.
    if (!isSameProof(answer.proof, proofs.answer(answer.line)))
      throw new RippleError('RIPPLE_INVITE_REFUSED', {
        detail: 'the machine that answers does not know the words',
      })
    return answer.line
  } finally {
    resetStream(stream)
  }
}
