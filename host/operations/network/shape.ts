/** Defines the operations on networks, their invites and their members. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const plainName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'not a name: a letter, then up to 31 lower-case letters, digits or -')
const anyName = z.string().min(1).max(64)

const networkView = z.strictObject({
  name: z.string().describe('its name'),
  private: z.boolean().describe('whether members need a proof of membership'),
  role: z
    .enum(['founder', 'delegate', 'member', 'invited', 'open'])
    .describe(
      'founder: it made the network; delegate: it may invite others; invited: its inviter has not answered yet; open: the network needs no membership',
    ),
  current: z.boolean().describe('whether the next start joins it'),
})

/** Lists the networks that a data folder knows. */
export const networkLs = defineOperation({
  name: 'network.ls',
  title: 'List networks',
  summary: 'List the private networks of this data folder, and the network that the next start joins',
  description:
    'Lists the private networks that the data folder knows, with the role of this machine in each, and the network that the next start joins.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({ networks: z.array(networkView).describe('the networks') }),
  errors: ['RIPPLE_NOTE_DAMAGED', 'RIPPLE_CONFIG_INVALID'],
  examples: ['ripple network ls', 'ripple network ls --json'],
  surfaces: { cli: {} },
})

const detailedView = networkView.extend({
  seed: z.string().describe('its network seed'),
  founder: z.string().nullable().describe("the founder's key; null for an open network"),
  agent: z.string().nullable().describe("this machine's agent key there; null before it has joined"),
})

/** Shows one network. */
export const networkShow = defineOperation({
  name: 'network.show',
  title: 'Show a network',
  summary: 'Show a network: its founder, its seed, and the role of this machine',
  description:
    'Shows a network that the data folder knows; without a name, the one that the next start joins.',
  effect: 'read',
  input: z.strictObject({ name: anyName.optional().describe('its name') }),
  output: detailedView,
  errors: ['RIPPLE_NETWORK_UNKNOWN', 'RIPPLE_NOTE_DAMAGED', 'RIPPLE_CONFIG_INVALID'],
  examples: ['ripple network show', 'ripple network show family'],
  surfaces: { cli: { flags: { name: '[NAME]' } } },
})

/** Makes a private network. */
export const networkCreate = defineOperation({
  name: 'network.create',
  title: 'Make a private network',
  summary: 'Make a private network, whose members this machine invites; the next start joins it',
  description:
    "Makes a private network with this machine as its founder. Its name gets a part of the founder's key. Each member needs a proof that the founder or a delegate has signed.",
  effect: 'write',
  scope: 'admin',
  input: z.strictObject({ name: plainName.describe('its name, in lower case') }),
  output: detailedView,
  errors: [
    'RIPPLE_NETWORK_EXISTS',
    'RIPPLE_DATA_OTHER_NETWORK',
    'RIPPLE_FILE_UNREADABLE',
    'RIPPLE_DISK_FULL',
  ],
  examples: ['ripple network create family'],
  surfaces: { cli: { flags: { name: '<NAME>' } } },
})

/** Chooses the network of the next start. */
export const networkUse = defineOperation({
  name: 'network.use',
  title: 'Choose a network',
  summary: 'Choose the network that the next start joins',
  description:
    'Chooses the network that the next start joins: a private network of this data folder, or an open local network of that name.',
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  input: z.strictObject({ name: anyName.describe('its name') }),
  output: networkView,
  errors: ['RIPPLE_NETWORK_UNKNOWN', 'RIPPLE_DATA_OTHER_NETWORK', 'RIPPLE_NOTE_DAMAGED', 'RIPPLE_DISK_FULL'],
  examples: ['ripple network use family', 'ripple network use home'],
  surfaces: { cli: { flags: { name: '<NAME>' } } },
})

/** Ends a member's membership. */
export const networkRevoke = defineOperation({
  name: 'network.revoke',
  title: 'Revoke a member',
  summary: 'End the membership of a machine, which all members refuse from then on',
  description:
    'Ends the membership of a machine. Each member that the revocation has reached refuses its messages, tasks and bytes. It cannot be taken back: the machine needs an invite and a new agent key.',
  effect: 'destroy',
  idempotent: true,
  input: z.strictObject({ peer: z.string().min(1).max(128).describe('its name or agent key') }),
  output: z.strictObject({ agent: z.string().describe('its agent key') }),
  errors: ['RIPPLE_NOT_ISSUER', 'RIPPLE_PEER_UNKNOWN', 'RIPPLE_CHAIN_BEHIND', 'RIPPLE_CONDUCTOR_DOWN'],
  examples: ['ripple network revoke old-laptop'],
  surfaces: { cli: { flags: { peer: '<PEER>' } } },
})

/** Makes an invite. */
export const invite = defineOperation({
  name: 'invite',
  title: 'Invite a machine',
  summary: 'Print one line and a QR code with which another machine joins this network',
  description:
    "Makes an invite and returns its line, which 'join' takes on another machine. This machine must be up when that one joins: it signs the membership of a private network, and on an open local one the two accept each other.",
  effect: 'write',
  scope: 'admin',
  input: z.strictObject({
    expires_ms: z
      .int()
      .min(1_000)
      .max(limits.invite_ms_max)
      .default(limits.invite_ms_default)
      .describe('time until it expires'),
    once: z.boolean().default(false).describe('one machine alone may join with it'),
    delegate: z.boolean().default(false).describe('a machine that joins with it may invite others'),
    spoken: z
      .boolean()
      .default(false)
      .describe('offer it on the LAN under four words as well, for ten minutes and one machine'),
  }),
  output: z.strictObject({
    line: z.string().describe('the invite'),
    network: z.string().describe("the network's name"),
    private: z.boolean().describe('whether the network is private'),
    expires_at: z.number().describe('its end, in milliseconds since 1970'),
    once: z.boolean().describe('whether one machine alone may join with it'),
    addresses: z.array(z.string()).describe('addresses at which this machine is reached'),
    code: z.string().nullable().describe('four words with which a machine of the LAN joins; null without'),
  }),
  errors: ['RIPPLE_NOT_ISSUER', 'RIPPLE_INVITE_MANY', 'RIPPLE_DISK_FULL'],
  examples: [
    'ripple invite',
    'ripple invite --once --expires 10m',
    'ripple invite --delegate --json',
    'ripple invite --spoken',
  ],
  surfaces: {
    cli: {
      flags: { expires_ms: '--expires <TIME>', once: '--once', delegate: '--delegate', spoken: '--spoken' },
    },
  },
})

/** Reads an invite. */
export const inviteRead = defineOperation({
  name: 'invite.read',
  title: 'Read an invite',
  summary: 'Read an invite before it is used: its network, its end, and the way in',
  description:
    "Reads the line of an invite, checks its signature, and says how this machine gets in. Four words are exchanged for their line, which uses them up. Nothing is joined: 'peer.redeem' or the command 'join' does that.",
  effect: 'write',
  scope: 'admin',
  input: z.strictObject({
    line: z.string().min(1).max(2_048).describe("the line that 'invite' printed, or its four words"),
  }),
  output: z.strictObject({
    line: z.string().describe('the line'),
    network: z.string().describe("the network's name"),
    private: z.boolean().describe('whether the network is private'),
    inviter: z.string().describe("the inviter's libp2p key, which has signed the line"),
    addresses: z.array(z.string()).describe('addresses at which the inviter is reached'),
    expires_at: z.number().describe('its end, in milliseconds since 1970'),
    once: z.boolean().describe('whether one machine alone may join with it'),
    way: z
      .enum(['redeem', 'restart', 'joined', 'own'])
      .describe(
        "redeem: 'peer.redeem' joins without a restart; restart: the daemon must be started on that network; joined: it runs there; own: this machine has made the invite",
      ),
  }),
  errors: [
    'RIPPLE_INVITE_INVALID',
    'RIPPLE_INVITE_EXPIRED',
    'RIPPLE_INVITE_REFUSED',
    'RIPPLE_INVITER_UNREACHABLE',
  ],
  examples: ["ripple join 'ripple-invite-1.mKVs...'"],
  surfaces: {},
})

/** Joins a network with an invite. */
export const join = defineOperation({
  name: 'join',
  title: 'Join a network',
  summary: 'Join the network of an invite, and leave the daemon running',
  description:
    'Reads an invite, starts the daemon on its network, and answers once peers are connected, or with the reason why none is. On an open local network this machine and the inviter accept each other; a daemon that runs there already keeps its name and port.',
  effect: 'write',
  input: z.strictObject({
    line: z.string().min(1).max(2_048).describe("the line that 'invite' printed, or its four words"),
    name: z.string().min(1).max(64).optional().describe("this machine's name, as peers see it"),
    port: z.int().min(0).max(65_535).optional().describe('port of the API on loopback; 0 takes any'),
  }),
  output: z.strictObject({
    network: z.string().describe("the network's name"),
    agent: z.string().describe("this machine's agent key"),
    peers: z.number().int().nonnegative().describe('peers that are online'),
    data: z.string().describe('the data folder'),
  }),
  errors: [
    'RIPPLE_INVITE_INVALID',
    'RIPPLE_INVITE_EXPIRED',
    'RIPPLE_INVITE_REFUSED',
    'RIPPLE_INVITER_UNREACHABLE',
    'RIPPLE_NOT_MEMBER',
    'RIPPLE_DATA_IN_USE',
    'RIPPLE_DATA_OTHER_NETWORK',
    'RIPPLE_DISK_FULL',
    'RIPPLE_NETWORK_EXISTS',
    'RIPPLE_PORT_TAKEN',
    'RIPPLE_CONDUCTOR_START',
    'RIPPLE_TIMEOUT',
  ],
  examples: ["ripple join 'ripple-invite-1.mKVs...'", 'ripple join apple-river-copper-cloud'],
  surfaces: {
    http: false,
    cli: { flags: { line: '<LINE>', name: '--name <NAME>', port: '--port <PORT>' } },
  },
})
