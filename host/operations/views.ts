import { z } from 'zod'

/** States of a task as `task show` names them. */
export const taskStates = [
  'draft',
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

/** States that nothing follows. */
export const closedStates: ReadonlySet<string> = new Set(['accepted', 'failed', 'cancelled', 'expired'])

const time = z.number().int().nonnegative()
const count = z.number().int().nonnegative()

/** A task as people and programs see it. Times are milliseconds since 1970 by this machine's clock. */
export const taskView = z.strictObject({
  id: z.string().describe("the client's key"),
  task: z.string().nullable().describe('hash of the Task on the chain'),
  role: z.enum(['poster', 'worker', 'both', 'other']),
  state: z.enum(taskStates),
  model: z.strictObject({ name: z.string(), sha256: z.string() }).nullable(),
  poster: z.string(),
  worker: z.string().nullable(),
  attempt: count,
  held_by: count.describe('peers that said that they hold the Task; 0 is: only here yet'),
  output: z.strictObject({ text: z.string().nullable(), cid: z.string(), bytes: count }).nullable(),
  result: z.string().nullable(),
  close: z.string().nullable(),
  receipt: z.string().nullable().describe('path of the receipt'),
  failure: z.string().nullable(),
  times: z.strictObject({
    posted: time,
    granted: time.nullable(),
    started: time.nullable(),
    delivered: time.nullable(),
    closed: time.nullable(),
  }),
})

/** Why a task stands where it stands: each peer's answer, by reason code. */
export const whyView = z.strictObject({
  id: z.string(),
  state: z.enum(taskStates),
  reasons: z.array(
    z.strictObject({
      peer: z.string(),
      name: z.string().nullable(),
      code: z.string().describe('a refusal code, or what the peer did'),
      detail: z.string(),
      at: time.nullable(),
    }),
  ),
})

/** A model of the list, and whether its file is here. */
export const modelView = z.strictObject({
  name: z.string(),
  sha256: z.string(),
  bytes: count,
  licence: z.string(),
  context_tokens: count,
  present: z.boolean(),
  path: z.string().nullable(),
})

/** A peer as `peers` lists it. */
export const peerView = z.strictObject({
  agent: z.string(),
  name: z.string(),
  self: z.boolean(),
  state: z.enum(['online', 'busy', 'draining', 'offline', 'silent']),
  cpu_cores: count,
  ram_gb: z.number().nonnegative(),
  gpu: z.string().nullable(),
  models: z.array(z.string()),
  held_grants: count.nullable(),
  seen_ms_ago: count.nullable(),
  version: z.string(),
})

/** What a running daemon says of itself. */
export const statusView = z.strictObject({
  version: z.string(),
  pid: count,
  data: z.string(),
  name: z.string(),
  agent: z.string(),
  network: z.strictObject({ name: z.string(), dna: z.string(), bootstrap_url: z.string(), join: z.string().nullable() }),
  api: z.strictObject({ url: z.string(), token_file: z.string() }),
  conductor: z.strictObject({
    version: z.string(),
    pid: count.nullable(),
    state: z.string(),
    log: z.string(),
  }),
  engine: z.strictObject({ build: z.string(), backend_class: z.string() }),
  artifacts: z.strictObject({ kind: z.string(), pinned: count }),
  peers: z.strictObject({ known: count, online: count }),
  models: z.array(z.string()),
  tasks: z.record(z.string(), count),
  log: z.string(),
  uptime_ms: count,
})
