/** Defines the outputs of the operations on this machine. Times are milliseconds since 1970. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { ownStates } from '../../types/own-state.ts'
import { proofs } from '../../types/peer.ts'
import { peerStates } from '../../types/peer-state.ts'

const count = z.number().int().nonnegative()
const percent = z.number().min(0).max(100)

/** Further facts of a peer, from its card and its last beat. */
const peerDetails = z.strictObject({
  cpu_arch: z.string().describe('architecture of its processor'),
  gpus: z
    .array(
      z.strictObject({
        model: z.string().describe('its model'),
        vram_gb: z.number().nonnegative().describe('its memory, in GiB'),
      }),
    )
    .describe('its GPUs'),
  disk_gb: z.number().nonnegative().describe('free disk, in GiB'),
  models: z
    .array(
      z.strictObject({
        name: z.string().describe('its name'),
        sha256: z.string().describe('sha256 of its file'),
        context_tokens: count.describe('tokens that it reads at most'),
        loaded: z.boolean().describe('whether it is in memory there'),
      }),
    )
    .describe('the models that it can run'),
  places: count.describe('requests that it runs side by side'),
  tokens_per_second: z
    .number()
    .nonnegative()
    .nullable()
    .describe('measured speed; null before the first run'),
  load: z
    .strictObject({
      cpu_percent: percent.describe('of all cores'),
      gpu_percent: percent.describe('of the busiest GPU'),
      memory_percent: percent.describe('of the memory'),
    })
    .nullable()
    .describe('how busy it was at its last beat; null if none came'),
  region: z.string().nullable().describe('the region that its owner named; null without one'),
  tags: z.array(z.string()).describe('its tags, from its hardware and its owner'),
})

/** A peer as `peers` lists it. */
export const peerView = z.strictObject({
  agent: z.string().describe('its agent key'),
  name: z.string().describe('its name'),
  self: z.boolean().describe('whether it is this machine'),
  state: z
    .enum([...peerStates, 'draining'])
    .describe(
      'suspect: its last proof of life is late; unreachable: none came for too long, or it could not be dialled; left: it said goodbye; draining: online, and takes no new work',
    ),
  waiting: z
    .enum(['here', 'there'])
    .nullable()
    .describe('where its acceptance is missing: on this machine, or there; null if neither'),
  cpu_cores: count.describe('processor cores'),
  ram_gb: z.number().nonnegative().describe('memory, in GiB'),
  gpu: z.string().nullable().describe('its GPU; null without one'),
  models: z.array(z.string()).describe('names of the models that it can run'),
  held_grants: count.nullable().describe('grants that it runs or is about to; null if it was never heard'),
  seen_ms_ago: count
    .nullable()
    .describe('milliseconds since its last proof of life; null if none came since the start'),
  seen_by: z
    .enum(proofs)
    .nullable()
    .describe('how that proof came: a message by stream or by signal, a new card, or a connection'),
  connected: z.boolean().describe('whether a connection to it is open, which is pinged'),
  version: z.string().describe('version of its daemon'),
  path: z
    .strictObject({
      kind: z
        .enum(['direct', 'relayed', 'conductor'])
        .describe(
          'a direct connection, one through a member, or none, so that the conductor carries messages',
        ),
      by: z.string().nullable().describe('name of the member that relays; null if none does'),
      rtt_ms: count.nullable().describe('round-trip time of the last ping; null before the first'),
    })
    .nullable()
    .default(null)
    .describe('the way to it, with wide; null for this machine and for one that is away'),
  details: peerDetails.nullable().default(null).describe('what else is known of it, with wide'),
})

/** The used and remaining space of an own chain. */
export const chainRoomView = z.strictObject({
  actions: count.describe('length of the own chain'),
  reserved: count.describe('actions that open tasks and held grants may still need'),
  max: count.describe('most actions that the epoch takes from one key'),
  posts: count.describe('own tasks of the usual attempts that it takes at least, if nothing else is written'),
  runs: count.describe('tasks of others that it still takes, if nothing else is written'),
  tight: z.boolean().describe(`whether more than ${100 * limits.chain_tight_share} % of it is used`),
})

/** The daemon's API, as `up` and `status` show it. */
export const apiView = z
  .strictObject({
    url: z.string().describe('its address'),
    token_file: z.string().describe('the file of the token that allows every request'),
    key_file: z.string().describe("the file of the key that allows OpenAI's endpoints alone"),
    ollama: z.string().nullable().default(null).describe("the address of Ollama's API; null if it is off"),
  })
  .describe('the API')

/** The status of a running daemon. */
export const statusView = z.strictObject({
  version: z.string().describe("the daemon's version"),
  pid: count.describe('its process'),
  data: z.string().describe('its data folder'),
  name: z.string().describe("this machine's name, as peers see it"),
  agent: z.string().describe("this machine's agent key"),
  network: z
    .strictObject({
      name: z.string().describe('its name'),
      dna: z.string().describe('hash of its DNA'),
      local: z
        .string()
        .nullable()
        .default(null)
        .describe('the name of a local network; null for the other networks'),
      bootstrap_url: z
        .string()
        .nullable()
        .describe('the URL of its server; null if the LAN chooses a machine'),
      server: z
        .string()
        .nullable()
        .default(null)
        .describe('what serves it now: that URL, this machine, or another; null while none is known'),
      address: z.string().nullable().default(null).describe("the address of this machine's node, for --peer"),
      join: z.string().nullable().describe('the command that joins another machine; null if none is needed'),
    })
    .describe('the network'),
  api: apiView,
  conductor: z
    .strictObject({
      version: z.string().describe('its version'),
      pid: count.nullable().describe('its process; null without one'),
      state: z.string().describe('its state'),
      log: z.string().describe('the file of its log'),
    })
    .describe('the conductor'),
  writes: z
    .strictObject({
      state: z.enum(['open', 'checking', 'refused']).describe('whether it writes'),
      code: z.string().nullable().describe('the error that keeps it from writing; null without one'),
      why: z.string().nullable().describe('the same as a sentence; null without one'),
    })
    .describe('whether this machine writes to its own chains, and the obstacle'),
  engine: z
    .strictObject({
      build: z.string().describe('its build'),
      backend_class: z.string().describe('the class of its backend'),
    })
    .describe('the engine'),
  artifacts: z
    .strictObject({
      kind: z.string().describe('its implementation'),
      pinned: count.describe('pinned artifacts'),
    })
    .describe('the store of artifacts'),
  epoch: z
    .strictObject({
      epoch: count.describe('its number'),
      ends_at: count.describe('when it ends'),
      room: chainRoomView.describe("the space of this machine's chain in it"),
    })
    .describe('the epoch that new tasks go to'),
  peers: z
    .strictObject({
      known: count.describe('peers with a card'),
      online: count.describe('those that are there and accepted'),
      waiting: count.default(0).describe('those that wait to be accepted, here or there'),
    })
    .describe('the peers'),
  presence: z
    .strictObject({
      state: z.enum(ownStates).describe('connected, syncing or isolated'),
      why: z.string().describe('the reason'),
    })
    .describe('the state of this machine on its network'),
  models: z.array(z.string()).describe('names of the models that this machine can run'),
  tasks: z.record(z.string(), count).describe('own tasks of the open epochs, counted by state'),
  held_grants: count.describe('grants of others that this machine runs or is about to'),
  draining: z.boolean().describe('whether this machine takes no new work'),
  paused: z
    .string()
    .nullable()
    .default(null)
    .describe("the owner's setting that keeps it from work of others now; null without one"),
  prompt_cache: z
    .strictObject({
      entries: count.describe('answers in it'),
      hits: count.describe('requests that it answered'),
      misses: count.describe('requests that it could not answer'),
      hit_rate: z
        .number()
        .min(0)
        .max(1)
        .nullable()
        .describe('share of answered requests; null before the first'),
    })
    .nullable()
    .default(null)
    .describe('stored answers to requests with a seed, since the start; null without a cache'),
  log: z.string().describe("the file of the daemon's log"),
  uptime_ms: count.describe('milliseconds since the start'),
})
