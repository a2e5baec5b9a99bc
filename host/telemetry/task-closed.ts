/** Declares the event by which the end of an own task is counted. */
import * as z from 'zod/mini'

/** The ends of a task. */
export const closedOutcomes = ['accepted', 'failed', 'cancelled', 'expired'] as const
/** The places where a task was run last: on this machine, on a peer, or nowhere. */
export const closedPlaces = ['here', 'peer', 'none'] as const
/** What tasks of people and of programs wait behind. */
export const taskPriorities = ['interactive', 'background'] as const
/** The causes of an end without an accepted result. */
export const closedReasons = [
  'queue',
  'total',
  'attempts',
  'nobody',
  'prompt',
  'refused',
  'cancelled',
  'dependency',
  'twin',
] as const

/** Fields of the end of a task: `wait_ms` is from its post to its first grant, `total_ms` to its end. */
export const taskClosed = {
  task: z.string(),
  outcome: z.enum(closedOutcomes),
  priority: z.enum(taskPriorities),
  place: z.enum(closedPlaces),
  why: z.nullable(z.string()),
  wait_ms: z.nullable(z.number()),
  total_ms: z.number(),
  tokens_in: z.number(),
  tokens_out: z.number(),
}
