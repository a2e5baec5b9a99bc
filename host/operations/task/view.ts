/** Defines the outputs of the operations on tasks. Times are milliseconds since 1970 by this machine's clock. */
import { z } from 'zod'
import { decisionView } from '../policy/view.ts'

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
  why: z
    .enum(['expired', 'silent', 'released', 'rejected', 'failed', 'accepted', 'closed'])
    .describe('how the attempt ended'),
  code: z.string().nullable().describe('the error that the Result names; null without one'),
  since: time
    .nullable()
    .describe(
      'of the last attempt: when its worker was last heard of, or when its lease or its time ran out',
    ),
})

const attemptView = z.strictObject({
  attempt: count.describe('its number, from 1'),
  grant: z.string().describe('hash of the Grant'),
  worker: z.string().describe('agent key of the machine that had the grant'),
  reason: z.string().describe('why the attempt before was superseded'),
  prefix_digest: z
    .string()
    .nullable()
    .default(null)
    .describe('salted digest of the text that the attempt continues; null if it starts from nothing'),
  granted_at: time.nullable().default(null).describe('when it was granted; null in old records'),
  result: z.string().nullable().describe('hash of the Result; null without one'),
  result_at: time.nullable().default(null).describe('when its Result arrived; null without one'),
  verdict: z.string().nullable().describe("the poster's finding about the output; null without one"),
  ended: attemptEnd.nullable().default(null).describe('null while it stands, or if its end is not known'),
})

const claimView = z.strictObject({
  claim: z.string().describe('hash of the FallbackClaim'),
  worker: z.string().nullable().describe('agent key of the stand-in; null if it is not known'),
  result: z.string().nullable().describe('hash of the Result; null without one'),
  verdict: z.string().nullable().describe("the poster's finding about the output; null without one"),
})

const usageView = z.strictObject({
  tokens_in: count.describe('tokens of the prompt'),
  tokens_out: count.describe('tokens of the answer'),
  cpu_ms: count.describe('processor time, in milliseconds'),
  wall_ms: count.describe('time of the run, in milliseconds'),
  peak_rss_bytes: count.describe('most memory of the run, in bytes'),
})

const outputView = z.strictObject({
  text: z.string().nullable().describe('the answer; null in lists, and until the task is accepted'),
  cid: z.string().describe('CID of the pinned output: of its ciphertext, unless the task is public'),
  bytes: count.describe('size of the pinned output, in bytes'),
  encrypted: z.boolean().describe('whether the pinned output is ciphertext'),
})

const taskEnd = z.strictObject({
  why: z
    .enum(['queue', 'total', 'attempts', 'nobody', 'prompt', 'refused', 'cancelled', 'dependency', 'twin'])
    .describe('the cause'),
  ms: count.nullable().describe('length of the deadline that ran out, in milliseconds'),
  task: z.string().nullable().describe('the task that it depended on, or that its key already stood for'),
})

const taskId = z.string().describe("the task's key, chosen by its poster")

/** A task as people and programs see it. */
export const taskView = z.strictObject({
  id: taskId,
  task: z.string().describe('hash of the Task on the chain'),
  state: z.enum(taskStates).describe('the state; accepted, failed, cancelled and expired are final'),
  wire_state: z.string().describe("the state in the wire contract's words"),
  ended: taskEnd.nullable().default(null).describe('why it ended without an accepted result; null otherwise'),
  model: z
    .strictObject({
      name: z.string().describe('its name'),
      sha256: z.string().describe('sha256 of its file'),
    })
    .nullable()
    .describe('the model that runs it; null if it is not known'),
  prompt: z
    .string()
    .nullable()
    .default(null)
    .describe('the beginning of its prompt, in lists; null if this machine does not have it at hand'),
  poster: z.string().describe('agent key of the machine that posted it'),
  priority: z.enum(['interactive', 'background']).describe('which of two waiting tasks a worker takes first'),
  placement: z
    .strictObject({
      prefer: z.string().describe('the property that counts first'),
      strategy: z.string().describe('the weighing of all else'),
    })
    .describe('how its worker is chosen'),
  fallback_after_ms: count
    .nullable()
    .default(null)
    .describe('milliseconds that this machine must be away before others continue; null if none may'),
  depends_on: z.array(z.string()).describe('tasks that must be accepted before it starts'),
  worker: z.string().nullable().describe('agent key of its worker; null without one'),
  attempts: z.array(attemptView).describe('its grants, oldest first'),
  claims: z.array(claimView).describe('claims of stand-ins while this machine was away'),
  max_attempts: count.describe('most grants that it may use'),
  held_by: count
    .nullable()
    .describe(
      'peers that hold the Task; 0: only this machine yet; null: not asked, as for a closed task, and for a post without stand-ins',
    ),
  stand_ins: count
    .nullable()
    .default(null)
    .describe(
      'machines that could continue it now if this one went away; null: not asked, as for a closed task, and for one without stand-ins',
    ),
  output: outputView.nullable().describe('its output; null without one'),
  result: z.string().nullable().describe('hash of the accepted Result; null without one'),
  close: z.string().nullable().describe('hash of the Close; null while it is open'),
  usage: usageView.nullable().describe('the cost of the run; null without a result'),
  refusals: z
    .array(
      z.strictObject({
        peer: z.string().describe('agent key of the peer'),
        code: z.string().describe('the reason'),
      }),
    )
    .default([])
    .describe('the last answer of each peer that refused it'),
  receipt: z.string().nullable().describe('path of the receipt; null without one'),
  times: z
    .strictObject({
      posted_at: time.describe('when it was posted'),
      granted_at: time.nullable().describe('when its current worker got the grant'),
      started_at: time.nullable().describe('when its current worker began'),
      result_at: time.nullable().describe('when its result arrived'),
      closed_at: time.nullable().describe('when it was closed'),
    })
    .describe('when its steps happened; null for a step that did not'),
  forks: z.array(z.string()).describe('own events that lost against a sibling'),
})

const waitingView = z.strictObject({
  on: z
    .enum([
      'tasks',
      'close',
      'worker',
      'check',
      'stand_in',
      'brake',
      'grant',
      'answer',
      'busy',
      'round',
      'others',
      'nobody',
    ])
    .describe('the kind of wait'),
  peer: z.string().nullable().describe('the peer that it waits for'),
  until: time.nullable().describe('the end of the wait; null if time alone changes nothing'),
  due: z
    .strictObject({
      phase: z
        .enum(['granted', 'reading', 'generating', 'attesting', 'delivered', 'checked'])
        .describe('the phase'),
      limit: z.string().describe('the name of the deadline'),
      renewed_by: z.string().nullable().describe('the news that renews it; null if nothing does'),
      lost_as: z.enum(['expired', 'silent']).describe('how the attempt ends when it passes'),
      at: time.describe('when it passes'),
    })
    .nullable()
    .default(null)
    .describe('the phase of the current attempt, and its next deadline; null if no attempt stands'),
})

const candidate = {
  peer: z.string().describe('agent key of the machine'),
  name: z.string().describe('its name'),
  self: z.boolean().describe('whether it is this machine'),
  rank: count.nullable().describe('its place from 0, shared by equals; null if it cannot run the task now'),
  codes: z.array(z.string()).describe('the obstacles that keep it from running the task'),
  reason: z.string().describe('its part in the task, or what it lacks'),
  busy_until: time
    .nullable()
    .describe('until when it is not asked, because it has no place or has just lost the task'),
}

/** The reasons for a task's state: each peer's answer, by reason code. */
export const whyView = z.strictObject({
  id: taskId,
  state: z
    .enum(taskStates)
    .nullable()
    .describe('the state; null if another machine posted it, and only decisions of this one are known'),
  now: waitingView.nullable().describe('what it waits for; null once it is closed'),
  ended: taskEnd.nullable().default(null).describe('why it ended without an accepted result; null otherwise'),
  attempts: z.array(attemptView).describe('its grants, oldest first'),
  waits_for: z.array(z.string()).describe('tasks that it waits for'),
  peers: z
    .array(
      z.strictObject({
        ...candidate,
        has: z
          .strictObject({
            as: z.enum(['grantee', 'stand_in']).describe('its part'),
            until: time.describe('until when, unless it is heard of'),
          })
          .nullable()
          .describe('how long the machine has the task; null if it does not'),
        answered: z
          .strictObject({
            code: z.string().describe('the reason'),
            at: time.describe('when it answered'),
            policy_hash: z.string().nullable().default(null).describe('sha256 of the policy that refused'),
          })
          .nullable()
          .describe('its last refusal; null if it gave none, or has claimed the task since'),
      }),
    )
    .describe('the machines, best first'),
  decisions: z
    .array(decisionView)
    .default([])
    .describe("decisions of this machine's policies about the task and its request, oldest first"),
})

/** A forecast of the peers for a task. */
export const planView = z.strictObject({
  first: z.array(z.string()).describe('peers that could be asked first; empty if none can be asked now'),
  peers: z.array(z.strictObject(candidate)).describe('best first, then those that cannot run it now'),
  missing: z
    .array(
      z.strictObject({
        code: z.string().describe('the obstacle'),
        needs: z.string().describe('the need that is not met'),
        peers: count.describe('known machines that lack it'),
        nearest: z
          .strictObject({ name: z.string().describe('its name'), has: z.string().describe('what it has') })
          .describe('the machine that comes nearest'),
      }),
    )
    .describe('the needs that keep every known machine from ever running it; empty if one can'),
})
