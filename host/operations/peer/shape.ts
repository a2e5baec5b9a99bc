/** Defines the operations on strangers of a local network: to accept them, and to forget them. */
import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const named = z.strictObject({
  peer: z.string().min(1).max(128).describe('its name, or the beginning of its agent key or libp2p key'),
})

const accepted = z.strictObject({
  agent: z.string().describe('its agent key when it was accepted'),
  name: z.string().describe('its name when it was accepted'),
  public_key: z.string().describe('its libp2p key, by which it is known again'),
  at: z.number().describe('when it was accepted, in milliseconds since 1970'),
})

/** Accepts a machine of the local network. */
export const peerAccept = defineOperation({
  name: 'peer.accept',
  title: 'Accept a machine',
  summary: 'Accept a machine of the local network: ask it, and work for it',
  description:
    'Accepts a machine that was found on the local network. From then on this machine sends it tasks, takes its tasks and gives it bytes. The other machine must accept this one too.',
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  input: named,
  output: accepted,
  errors: ['RIPPLE_PEER_UNKNOWN', 'RIPPLE_PEER_AMBIGUOUS', 'RIPPLE_DISK_FULL'],
  examples: ['ripple peer accept laptop'],
  surfaces: { cli: { flags: { peer: '<PEER>' } } },
})

/** Lists the accepted machines, and whether everybody is accepted. */
export const peerLs = defineOperation({
  name: 'peer.ls',
  title: 'List accepted machines',
  summary: 'List the accepted machines of the local network',
  description:
    'Lists the machines that were accepted on the local network, those that are away included, and whether everybody is accepted.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({
    open: z.boolean().describe('whether everybody on the network is accepted'),
    accepted: z.array(accepted).describe('the machines, the first accepted first'),
  }),
  errors: [],
  examples: ['ripple peer ls'],
  surfaces: { cli: {} },
})

/** Forgets an accepted machine. */
export const peerForget = defineOperation({
  name: 'peer.forget',
  title: 'Forget a machine',
  summary: 'Forget an accepted machine, which is refused from then on',
  description:
    'Forgets an accepted machine, and withdraws the invites with which it joined. Its messages are refused from then on, and it gets no tasks. It may be accepted again.',
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  input: named,
  output: accepted,
  errors: ['RIPPLE_PEER_UNKNOWN', 'RIPPLE_PEER_AMBIGUOUS', 'RIPPLE_DISK_FULL'],
  examples: ['ripple peer forget laptop'],
  surfaces: { cli: { flags: { peer: '<PEER>' } } },
})

/** Accepts the machine that made an invite, and is accepted by it. */
export const peerRedeem = defineOperation({
  name: 'peer.redeem',
  title: 'Redeem an invite',
  summary: 'Ask the machine that made an invite to accept this one, and accept it',
  description:
    "Asks the machine that made an invite to accept this one, and accepts it if it does. 'join' calls it on an open local network.",
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  input: z.strictObject({ line: z.string().min(1).max(2_048).describe("the line that 'invite' printed") }),
  output: accepted,
  errors: [
    'RIPPLE_INVITE_INVALID',
    'RIPPLE_INVITE_EXPIRED',
    'RIPPLE_INVITE_REFUSED',
    'RIPPLE_INVITER_UNREACHABLE',
    'RIPPLE_DISK_FULL',
  ],
  examples: ["ripple join 'ripple-invite-1.mKVs...'"],
  surfaces: {},
})
