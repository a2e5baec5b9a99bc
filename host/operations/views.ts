/** Defines the outputs of the daemon's verbs. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { decisionView } from './policy-views.ts'
import { waitingView } from './waiting-view.ts'

/** States of a task in `task show`, which are those of the protocol. */
export const taskStates = [
  'posted',
  'offered',
  'granted',
  'running',
  'delivered',
  'accepted',
  'failed',
  'cancelled',
  'expired',
] as const

/** States that are final. */
export const closedStates: ReadonlySet<string> = new Set(['accepted', 'failed', 'cancelled', 'expired'])

const time = z.number().int().nonnegative()
const count = z.number().int().nonnegative()

const attemptEnd = z.strictObject({
  why: z.enum(['expired', 'silent', 'released', 'rejected', 'failed', 'accepted', 'closed']),
  code: z.string().nullable().describe('what the Result says that went wrong'),
  since: time
    .nullable()
    .describe(
      'of the last attempt: when its worker was last heard of, or when its lease or its time ran out',
    ),
})

const attemptView = z.strictObject({
  attempt: count,
  grant: z.string(),
  worker: z.string(),
  reason: z.string().describe('why the attempt before was superseded'),
  prefix_digest: z
    .string()
    .nullable()
    .default(null)
    .describe('salted digest of the text that it continues; null if it starts from nothing'),
  result: z.string().nullable(),
  verdict: z.string().nullable().describe('what the poster found when it checked the output'),
  ended: attemptEnd
    .nullable()
    .default(null)
    .describe('null while it stands, and where how it ended is not known any more'),
})

const claimView = z.strictObject({
  claim: z.string().describe('hash of the FallbackClaim'),
  worker: z.string().nullable(),
  result: z.string().nullable(),
  verdict: z.string().nullable().describe('what the poster found when it checked the output'),
})

const usageView = z.strictObject({
  tokens_in: count,
  tokens_out: count,
  cpu_ms: count,
  wall_ms: count,
  peak_rss_bytes: count,
})

const outputView = z.strictObject({
  text: z.string().nullable().describe('the answer; null in lists, and until the task is accepted'),
  cid: z.string().describe('what is pinned: the ciphertext, unless the task is public'),
  bytes: count,
  encrypted: z.boolean(),
})

const taskEnd = z.strictObject({
  why: z.enum([
    'queue',
    'total',
    'attempts',
    'nobody',
    'prompt',
    'refused',
    'cancelled',
    'dependency',
    'twin',
  ]),
  ms: count.nullable().describe('length of the deadline that ran out'),
  task: z.string().nullable().describe('the task that it depended on, or that its key already stood for'),
})

/** A task as people and programs see it. Times are milliseconds since 1970 by this machine's clock. */
export const taskView = z.strictObject({
  id: z.string().describe("the client's key"),
  task: z.string().describe('hash of the Task on the chain'),
  state: z.enum(taskStates),
  wire_state: z.string().describe("the state in the wire contract's words"),
  ended: taskEnd.nullable().default(null).describe('why it ended without an accepted result'),
  model: z.strictObject({ name: z.string(), sha256: z.string() }).nullable(),
  prompt: z
    .string()
    .nullable()
    .default(null)
    .describe('how its prompt begins, in lists; null where this machine does not have it at hand'),
  poster: z.string(),
  priority: z.enum(['interactive', 'background']),
  placement: z.strictObject({ prefer: z.string(), strategy: z.string() }),
  fallback_after_ms: count
    .nullable()
    .default(null)
    .describe('how long this machine must be away before others go on; null where nobody may'),
  depends_on: z.array(z.string()).describe('tasks that must be accepted before it starts'),
  worker: z.string().nullable(),
  attempts: z.array(attemptView),
  claims: z.array(claimView).describe('what others did while this machine was away'),
  max_attempts: count,
  held_by: count
    .nullable()
    .describe(
      'peers that said that they hold the Task; 0 is: only here yet; null is: not asked, as of a closed task and by a post, unless others may go on without this machine',
    ),
  stand_ins: count
    .nullable()
    .default(null)
    .describe(
      'machines that could go on with it now, were this one away; null is: not asked, as of a closed task and of one with which nobody may go on',
    ),
  output: outputView.nullable(),
  result: z.string().nullable(),
  close: z.string().nullable(),
  usage: usageView.nullable(),
  refusals: z
    .array(z.strictObject({ peer: z.string(), code: z.string() }))
    .default([])
    .describe('the last word of each peer that refused it'),
  receipt: z.string().nullable().describe('path of the receipt'),
  times: z.strictObject({
    posted_at: time,
    granted_at: time.nullable(),
    started_at: time.nullable(),
    result_at: time.nullable(),
    closed_at: time.nullable(),
  }),
  forks: z.array(z.string()).describe('own events that lost against a sibling'),
})

/** The reasons for a task's state: each peer's answer, by reason code. */
export const whyView = z.strictObject({
  id: z.string(),
  state: z
    .enum(taskStates)
    .nullable()
    .describe('null where this machine did not post it, and knows its own decisions about it alone'),
  now: waitingView.nullable().describe('what it waits for; null once it is closed'),
  ended: taskEnd.nullable().default(null).describe('why it ended without an accepted result'),
  attempts: z.array(attemptView),
  waits_for: z.array(z.string()).describe('tasks that it waits for'),
  peers: z.array(
    z.strictObject({
      peer: z.string(),
      name: z.string(),
      self: z.boolean(),
      rank: count.nullable().describe('its place from 0; null when it cannot run the task now'),
      codes: z.array(z.string()).describe('what keeps it from running the task'),
      reason: z.string().describe('what it is to the task, or lacks for it'),
      busy_until: time
        .nullable()
        .describe('until when it is not offered the task: it has no place, or has just lost it'),
      has: z
        .strictObject({ as: z.enum(['grantee', 'stand_in']), until: time })
        .nullable()
        .describe('whether it is taken to run the task, and until when unless it is heard of'),
      answered: z
        .strictObject({
          code: z.string(),
          at: time,
          policy_hash: z.string().nullable().default(null).describe('sha256 of the policy that refused'),
        })
        .nullable()
        .describe('its last refusal; null where it gave none, or has claimed the task since'),
    }),
  ),
  decisions: z
    .array(decisionView)
    .default([])
    .describe(
      "what this machine's policies decided about it, and about what was let out and merged for its request, oldest first",
    ),
})

/** A forecast of the peers for a task. */
export const planView = z.strictObject({
  first: z.array(z.string()).describe('peers that could be asked first; empty when none can be asked now'),
  peers: z
    .array(
      z.strictObject({
        peer: z.string(),
        name: z.string(),
        self: z.boolean(),
        rank: count
          .nullable()
          .describe('its place from 0, shared by equals; null when it cannot run the task now'),
        codes: z.array(z.string()).describe('what keeps it from running the task'),
        reason: z.string().describe('what it is to the task, or lacks for it'),
        busy_until: time
          .nullable()
          .describe('until when it is asked nothing, because it said that it has no place'),
      }),
    )
    .describe('best first, then those that cannot run it now'),
  missing: z
    .array(
      z.strictObject({
        code: z.string(),
        needs: z.string(),
        peers: count.describe('known machines that lack it'),
        nearest: z.strictObject({ name: z.string(), has: z.string() }),
      }),
    )
    .describe('what keeps every known machine from ever running it; empty when one can'),
})

/** A model of the list, and whether its file is here. */
export const modelView = z.strictObject({
  name: z.string(),
  sha256: z.string().nullable().describe('null where nobody has pinned it and it is not here'),
  bytes: count.nullable(),
  licence: z.string(),
  context_tokens: count,
  present: z.boolean(),
  path: z.string().nullable(),
  loaded: z.boolean().default(false).describe('whether it is in memory'),
  memory_bytes: count.nullable().default(null).describe('what it takes there; null where it is not loaded'),
  running: count.default(0).describe('answers that it is giving now'),
  pulling: z
    .strictObject({
      bytes: count,
      total: count.nullable().describe('null where nobody says how large it is'),
      source: z.string(),
    })
    .nullable()
    .default(null)
    .describe('how far the daemon is with fetching it'),
  indexing: z
    .boolean()
    .default(false)
    .describe('whether its file is here and its sha256 is not known yet: it cannot be run until then'),
  problem: z
    .strictObject({ code: z.string(), message: z.string(), hint: z.string() })
    .nullable()
    .default(null)
    .describe('why its file, which is here, is not offered'),
})

const figure = (unit: string) =>
  z.strictObject({
    value: z.number().nonnegative().nullable().describe(unit),
    basis: z.enum([
      'measured here',
      'from the file',
      'from the model list',
      "a peer's word",
      'estimated',
      'not known',
    ]),
  })

/** The judgement whether a model can run here and how fast, with the basis of each number. */
export const fitView = z.strictObject({
  name: z.string(),
  verdict: z.enum(['fits', 'tight', 'does_not_fit']),
  reasons: z.array(z.string()).describe('what the verdict hangs on; empty where it fits with ease'),
  here: z.boolean().describe('whether its file is on this machine'),
  context_tokens: count.describe('the context that the memory is for'),
  file_bytes: figure('size of its file'),
  memory_bytes: figure('what it takes with that context, in bytes'),
  free_memory: figure('what models can have now, in bytes'),
  free_disk: figure('bytes'),
  tokens_per_second: figure('decode speed'),
  speed_note: z.string(),
  notes: z.array(z.string()).describe('what could not be looked at'),
})

/** A peer as `peers` lists it. */
export const peerView = z.strictObject({
  agent: z.string(),
  name: z.string(),
  self: z.boolean(),
  state: z.enum(['online', 'draining', 'offline', 'silent']),
  cpu_cores: count,
  ram_gb: z.number().nonnegative(),
  gpu: z.string().nullable(),
  models: z.array(z.string()),
  held_grants: count.nullable(),
  seen_ms_ago: count.nullable(),
  version: z.string(),
})

const chainRoomView = z.strictObject({
  actions: count.describe('length of the own chain'),
  reserved: count.describe('what open tasks and held grants may still need'),
  max: count.describe('the most that the epoch takes from one key'),
  posts: count.describe('own tasks of the usual attempts that it takes at least, were nothing else written'),
  runs: count.describe('tasks of others that it still takes, were nothing else written'),
  tight: z.boolean().describe(`whether more than ${100 * limits.chain_tight_share} % of it is used`),
})

/** An epoch of the network, as this machine has it. Times are milliseconds since 1970. */
export const epochView = z.strictObject({
  epoch: count,
  state: z.enum(['archived', 'open', 'now', 'next']),
  begins_at: count,
  ends_at: count,
  dna: z.string().nullable(),
  room: chainRoomView.nullable(),
  open: count.describe('own tasks and held grants that keep it open'),
  archive: z.string().nullable().describe('path of its archive, where one was written'),
})

/** The status of a running daemon. */
export const statusView = z.strictObject({
  version: z.string(),
  pid: count,
  data: z.string(),
  name: z.string(),
  agent: z.string(),
  network: z.strictObject({
    name: z.string(),
    dna: z.string(),
    bootstrap_url: z.string(),
    join: z.string().nullable(),
  }),
  api: z.strictObject({
    url: z.string(),
    token_file: z.string().describe('the token that lets in everywhere'),
    key_file: z.string().describe("the key that lets in to OpenAI's endpoints alone"),
  }),
  conductor: z.strictObject({
    version: z.string(),
    pid: count.nullable(),
    state: z.string(),
    log: z.string(),
  }),
  writes: z
    .strictObject({
      state: z.enum(['open', 'checking', 'refused']),
      code: z.string().nullable(),
      why: z.string().nullable(),
    })
    .describe('whether this machine writes to its own chains, and why it does not'),
  engine: z.strictObject({ build: z.string(), backend_class: z.string() }),
  artifacts: z.strictObject({ kind: z.string(), pinned: count }),
  epoch: z
    .strictObject({ epoch: count, ends_at: count, room: chainRoomView })
    .describe('the epoch that new tasks go to'),
  peers: z.strictObject({ known: count, online: count }),
  models: z.array(z.string()),
  tasks: z.record(z.string(), count),
  held_grants: count.describe('grants of others that this machine runs or is about to'),
  draining: z.boolean().describe('whether this machine takes no new work'),
  paused: z
    .string()
    .nullable()
    .default(null)
    .describe("why the owner's settings let it take nothing from others now"),
  prompt_cache: z
    .strictObject({
      entries: count,
      hits: count,
      misses: count,
      hit_rate: z.number().min(0).max(1).nullable().describe('null while nothing was looked for'),
    })
    .nullable()
    .default(null)
    .describe('answers to requests with a seed that are kept, since the start; null where none are'),
  log: z.string(),
  uptime_ms: count,
})
