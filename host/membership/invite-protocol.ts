/** Asks an inviter to let a machine in, and answers such requests, over libp2p. */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { encode } from '@msgpack/msgpack'
import { z } from 'zod'
import type { MembraneProof } from '../../zomes-bindings/generated/membrane.ts'
import { messageOf } from '../errors/message-of.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { decodePlain } from '../net/frame.ts'
import type { PeerNode } from '../net/libp2p.ts'
import { framing, resetStream } from '../net/message-stream.ts'
import { PeerQuota } from '../net/peer-quota.ts'
import { machineName } from '../types/machine-forms.ts'
import type { Invite } from './invite-line.ts'

/** The protocol of invites. It is spoken before a peer is a member: one request, one answer, then the stream ends. */
export const inviteProtocol = '/ripple/invite/1.0.0'

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const agentKey = z.string().regex(/^uhCAk[0-9A-Za-z_-]{48}$/)

const requestSchema = z.strictObject({
  /** The invite's id. */
  id: hex(8),
  /** The seed of the network. */
  seed: z.string().min(1).max(128),
  /** The agent that wants to join. Nothing proves it here. */
  agent: agentKey,
  /** Its machine's name, on an open network. */
  name: machineName.optional(),
})

/** A proof as a peer sends it; the rules verify it. */
export const proofSchema: z.ZodType<MembraneProof> = z.strictObject({
  network: z.string().max(128),
  agent: agentKey,
  invite_expires_at: z.number().int().nonnegative().nullable(),
  issuer: z.strictObject({ key: hex(32), delegation: hex(64).nullable() }),
  signature: hex(64),
})

const answerSchema = z.union([
  z.strictObject({ proof: proofSchema, delegation: hex(64).nullable() }),
  z.strictObject({ accepted: z.strictObject({ agent: agentKey, name: machineName }) }),
  z.strictObject({ refused: z.string().min(1).max(200) }),
])

/** A request of a machine to join with an invite. */
export type InviteRequest = z.output<typeof requestSchema>

/**
 * The answer of an inviter. On a private network it is the proof, and the founder's delegation for the machine's libp2p key.
 * On an open one it names the inviter, which accepts the machine from then on. A refusal has its reason.
 */
export type InviteAnswer = z.output<typeof answerSchema>

type AnswerWith<Key extends string> = Extract<InviteAnswer, Readonly<Record<Key, unknown>>>

/** A request with the libp2p key of the machine that sent it, 64 hex digits. */
export interface AskedInvite extends InviteRequest {
  readonly peerKey: string
}

const frames = {
  ...framing,
  maxDataLength: limits.invite_frame_bytes_max,
  maxBufferSize: 2 * limits.invite_frame_bytes_max,
}
const asked = { each: limits.invites_asked_each_max, all: limits.invites_asked_max }

/** Answers requests until the returned function is called. `answer` must not reject. */
export async function answerInvites(
  { libp2p }: Pick<PeerNode, 'libp2p'>,
  answer: (asked: AskedInvite) => Promise<InviteAnswer>,
): Promise<AsyncDisposable> {
  const quota = new PeerQuota(asked)
  const handle = async (stream: Stream, connection: Connection): Promise<void> => {
    const { publicKey } = connection.remotePeer
    const peer = connection.remotePeer.toString()
    if (publicKey === undefined || !quota.take(peer)) return resetStream(stream)
    try {
      const signal = AbortSignal.timeout(limits.invite_ask_ms)
      const framed = lpStream(stream, frames)
      const request = requestSchema.parse(decodePlain((await framed.read({ signal })).subarray()))
      const peerKey = Buffer.from(publicKey.raw).toString('hex')
      await framed.write(encode(await answer({ ...request, peerKey })), { signal })
      await stream.close({ signal })
    } catch {
      resetStream(stream)
    } finally {
      quota.release(peer)
    }
  }
  await libp2p.handle(inviteProtocol, handle, {
    maxInboundStreams: limits.invites_asked_max,
    maxOutboundStreams: limits.invites_asked_max,
    runOnLimitedConnection: true,
  })
  return { [Symbol.asyncDispose]: () => libp2p.unhandle(inviteProtocol) }
}

/**
 * Asks the inviter of an invite to make an agent a member. Rejects with `RIPPLE_INVITER_UNREACHABLE` if no answer comes,
 * and with `RIPPLE_INVITE_REFUSED`, which names the inviter's reason.
 */
export async function askInviter(
  node: Pick<PeerNode, 'connect'>,
  invite: Invite,
  request: Omit<InviteRequest, 'id' | 'name'>,
): Promise<AnswerWith<'proof'>> {
  const answer = await ask(node, invite, request)
  if (!('proof' in answer)) throw refusal('its network is open')
  return answer
}

/** Asks the inviter of an invite to an open network to accept this machine, and returns its claims. Rejects as `askInviter`. */
export async function askToBeAccepted(
  node: Pick<PeerNode, 'connect'>,
  invite: Invite,
  request: Omit<InviteRequest, 'id'>,
): Promise<AnswerWith<'accepted'>['accepted']> {
  const answer = await ask(node, invite, request)
  if (!('accepted' in answer)) throw refusal('its network is private')
  return answer.accepted
}

async function ask(
  node: Pick<PeerNode, 'connect'>,
  invite: Invite,
  request: Omit<InviteRequest, 'id'>,
): Promise<Exclude<InviteAnswer, AnswerWith<'refused'>>> {
  const answer = await exchange(node, invite, { id: invite.id, ...request }).catch((cause: unknown) => {
    const addresses = invite.addresses.join(', ')
    throw new RippleError('RIPPLE_INVITER_UNREACHABLE', { addresses, detail: messageOf(cause) }, { cause })
  })
  if ('refused' in answer) throw refusal(answer.refused)
  return answer
}

function refusal(detail: string): RippleError {
  return new RippleError('RIPPLE_INVITE_REFUSED', { detail })
}

async function exchange(
  node: Pick<PeerNode, 'connect'>,
  invite: Invite,
  request: InviteRequest,
): Promise<InviteAnswer> {
  const signal = AbortSignal.timeout(limits.invite_ask_ms)
  const peerId = peerIdFromPublicKey(publicKeyFromRaw(Buffer.from(invite.inviter, 'hex'))).toString()
  const connection = await node.connect({ peerId, addresses: invite.addresses }, signal)
  const stream = await connection.newStream(inviteProtocol, { signal })
  try {
    const framed = lpStream(stream, frames)
    await framed.write(encode(request), { signal })
    return answerSchema.parse(decodePlain((await framed.read({ signal })).subarray()))
  } finally {
    resetStream(stream)
  }
}
