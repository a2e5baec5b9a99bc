/** Declares the events by which a client follows a request. */
import * as z from 'zod/mini'

const text = z.string()

/** Fields of a state of a task. `task_key` is the key that the client gave its request, and `task` the task's hash. */
export const taskState = { task_key: text, task: text, state: text, peer: z.nullable(text) }
/** Fields of a note on a request, and of a piece of its answer. */
export const taskText = { task_key: text, text }

/** An event's id, and its time by the daemon's clock in milliseconds since 1970. */
const envelope = { id: text, at: z.number() }

/** A step, a note or a piece of text of a request. Other events of the stream do not fit it. */
export const requestEvent = z.discriminatedUnion('type', [
  z.object({ ...envelope, type: z.literal('task_state'), ...taskState }),
  z.object({ ...envelope, type: z.literal('task_note'), ...taskText }),
  z.object({ ...envelope, type: z.literal('task_text'), ...taskText }),
])

/** A step, a note or a piece of text of a request. */
export type RequestEvent = z.infer<typeof requestEvent>
