/** Defines the facts by which `doctor` judges a machine, in the form that machines exchange. They hold no secret. */
import { z } from 'zod'

/** The number of this form. A machine with another form is compared by its version alone. */
export const FACTS_FORM = 1

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const text = (max: number) => z.string().max(max)
const sentence = text(400)
const digest = z.string().regex(/^[0-9a-f]{16}$/)
const port = z.number().int().min(0).max(65_535)
/** Milliseconds since 1970; any machine's clock may be wrong. */
const moment = z.number().int().min(0).max(8_640_000_000_000_000)

/** Makes a group of facts. A group that a machine does not know, or that has another form there, is null. */
const group = <T extends z.ZodRawShape>(fields: T) => z.object(fields).nullable().catch(null)

/** The kind of a network interface, by its name and address. */
const interfaceKind = z.enum(['lan', 'loopback', 'bridge', 'vpn', 'link_local'])

const networkFacts = group({
  name: text(32).describe('its name'),
  seed: digest.describe('first hex digits of the sha256 of its seed'),
  file: digest.describe('first hex digits of the sha256 of its file'),
  by_mdns: z.boolean().describe('whether machines meet by mDNS'),
})

const interfaceFacts = z.object({
  name: text(32).describe('its name'),
  address: text(64).describe('its address'),
  prefix: z.number().int().min(0).max(128).describe('bits of its network'),
  kind: interfaceKind.describe('its kind, by name and address'),
})

const mdnsFacts = group({
  on: z.boolean().describe('whether peers of the LAN are looked for'),
  seen: count.describe('peers that it has found since the start'),
})

const serverFacts = group({
  url: text(256).describe('its URL, without the name of the network'),
  id: text(64).describe('its peer id or address: the same on all machines that use it'),
  here: z.boolean().describe('whether this machine runs it'),
  reachable: z.boolean().describe('whether it answers'),
  skew_ms: z
    .number()
    .int()
    .nullable()
    .describe("milliseconds by which this machine's clock is ahead of the server's; null if unknown"),
})

const gossipFacts = group({
  peers: count.describe('machines with which data was compared'),
  rounds: count.describe('comparisons that ended well'),
  errors: count.describe('comparisons that failed'),
  last_ms_ago: count.nullable().describe('milliseconds since the last; null before the first'),
})

const portFacts = z.object({
  use: z.enum(['api', 'forwarder', 'libp2p']).describe('its use'),
  port: port.describe('its number'),
  state: z.enum(['free', 'own', 'taken']).describe('own: Ripple holds it; taken: another program does'),
})

/** The states of a conductor. */
export const conductorStates = ['ready', 'connecting', 'down'] as const

const daemonFacts = group({
  up_ms: count.describe('milliseconds since its start'),
  conductor: z.enum(conductorStates).describe('the state of its conductor'),
  refusal: z
    .object({ code: text(64).describe('its code'), why: sentence.describe('its message') })
    .nullable()
    .describe('the error that keeps it from writing to its chains; null without one'),
  slept_ms_ago: count
    .nullable()
    .describe('milliseconds since the machine last woke from sleep; null if it has not slept'),
})

/** Everything that a machine says about itself. `null` means that it does not know, for example without a daemon. */
export const machineFacts = z.object({
  form: z.literal(FACTS_FORM).describe('the number of this form'),
  version: text(64).describe("Ripple's version"),
  name: text(64).describe("the machine's name"),
  agent: text(64).nullable().describe('its agent key'),
  peer: text(64).nullable().describe('its libp2p peer id'),
  place: digest.describe('the same for peers that share one machine and its network'),
  at: moment.describe('the time by its clock, in milliseconds since 1970'),
  network: networkFacts.describe('its network'),
  dnas: z
    .record(text(32), text(64))
    .refine((dnas) => Object.keys(dnas).length <= 16, 'too many DNAs')
    .nullable()
    .catch(null)
    .describe('hashes of its DNAs by role, without the seed'),
  interfaces: z.array(interfaceFacts).max(32).nullable().catch(null).describe('its network interfaces'),
  multicast_by: text(32).nullable().describe('the interface by which it sends multicast'),
  addresses: z.array(text(128)).max(16).nullable().catch(null).describe('the libp2p addresses it announces'),
  mdns: mdnsFacts.describe('mDNS'),
  server: serverFacts.describe('the bootstrap server that it uses'),
  peers: group({
    known: count.describe('other machines with a card'),
    online: count.describe('those that are online'),
    waiting: count.default(0).describe('those that are there, and not accepted on both sides'),
    named: count.nullable().describe('agents that its conductor knows, itself included'),
  }).describe('its peers'),
  gossip: gossipFacts.describe('how its conductor compares data with others'),
  relay: z.boolean().nullable().describe('whether it has a place at a relay'),
  proxies: z
    .array(
      z.object({
        variable: text(32).describe('the variable'),
        url: text(256).nullable().describe('the proxy without its credentials; null if it is not a URL'),
      }),
    )
    .max(8)
    .nullable()
    .catch(null)
    .describe('proxies of its environment'),
  ports: z.array(portFacts).max(8).nullable().catch(null).describe('the ports that it needs'),
  disk: group({ free_mib: count.describe('free MiB') }).describe("the data folder's disk"),
  memory: group({
    free_mib: count.describe('available MiB'),
    total_mib: count.describe('all MiB'),
  }).describe('its memory'),
  keystore: group({
    state: z.enum(['new', 'ready', 'locked']).describe('locked: its passphrase is missing or wrong'),
  }).describe("the conductor's keystore"),
  membrane: group({
    state: z.enum(['open', 'admitted', 'refused']).describe('whether the network has admitted this machine'),
    why: sentence.nullable().describe('the reason of a refusal'),
  }).describe('its membership in a private network'),
  models: group({
    names: z.array(text(128)).max(32).describe('names of models that can run'),
    indexing: z.array(text(128)).max(32).describe('files that are not indexed yet'),
    problem: z
      .object({ detail: sentence.describe('the problem'), fix: sentence.describe('its fix') })
      .nullable()
      .describe('the first problem of the models folder'),
  }).describe('its model files'),
  gpu: group({
    name: text(128).nullable().describe('its name; null without one'),
    used: z.boolean().describe('whether the engine uses it'),
  }).describe('its GPU'),
  ipfs: group({
    kind: text(32).describe('helia or kubo'),
    reachable: z.boolean().describe('whether it answers'),
  }).describe('its store of artifacts'),
  daemon: daemonFacts.describe('its daemon; null if none runs'),
})

/** Everything that a machine says about itself. */
export type MachineFacts = z.output<typeof machineFacts>

/** How a connection attempt to one address ended. */
export const tcpResult = z.enum(['open', 'refused', 'silent', 'mute', 'unroutable', 'other_peer'])

/** What one machine found when it tried to reach another. */
export const reachFacts = z.object({
  tcp: z
    .array(
      z.object({
        address: text(128).describe('the address'),
        result: tcpResult.describe(
          'silent: nothing came back; mute: it opens, and nobody speaks; unroutable: no way leads there',
        ),
      }),
    )
    .max(16)
    .describe('connection attempts by TCP'),
  udp: z.boolean().nullable().describe('whether its UDP packets arrived; null if that was not tried'),
  named: z.boolean().nullable().describe('whether its conductor knows the other agent'),
  mdns: z.boolean().nullable().describe('whether its mDNS has found the other'),
  accepted: z
    .boolean()
    .nullable()
    .default(null)
    .describe('whether it asks and works for the other; null if that is unknown'),
  path: z
    .enum(['direct', 'relayed', 'none'])
    .nullable()
    .describe('how its conductor is connected to the other; null if unknown'),
})

/** What one machine found when it tried to reach another. */
export type ReachFacts = z.output<typeof reachFacts>

/** What this machine knows of another one besides what that says of itself. */
export const pairFacts = z.object({
  name: text(64).describe("the other machine's name"),
  way: z
    .enum(['stream', 'conductor', 'code', 'none'])
    .describe('how its facts came: by libp2p, through the conductors, by a code, or not at all'),
  there: machineFacts.nullable().describe('the facts of the other machine; null if they did not come'),
  skew_ms: z
    .number()
    .int()
    .nullable()
    .describe("milliseconds by which the other machine's clock is ahead of this one's; null if unknown"),
  seen_ms_ago: count.nullable().describe('milliseconds since it was last heard here; null for never'),
  left: z.boolean().describe('whether it said goodbye'),
  out: reachFacts.nullable().describe('how this machine reaches the other'),
  back: reachFacts.nullable().describe('how the other reaches this machine'),
})

/** What this machine knows of another one besides what that says of itself. */
export type PairFacts = z.output<typeof pairFacts>
