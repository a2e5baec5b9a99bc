/** Reads the secrets of own tasks, for their receipts. */
import type { ActionHash, EntryOf } from '../../types/events.ts'
import type { ChatMessage, InferencePayload } from '../../types/inference.ts'
import type { PosterContext } from '../context/context.ts'
import { decodePayload, isPayload } from '../context/payload.ts'
import { unseal } from '../context/seal.ts'
import { readReveal } from '../records/task-record.ts'

/** Characters of a prompt that a list of tasks shows. */
const PROMPT_CHARS = 200

/** The parts that the holder of a task may reveal in its receipt. */
export interface TaskSecrets {
  readonly payload: Uint8Array
  readonly payload_salt: Uint8Array
  /** The plain output; null unless the task ended as accepted. */
  readonly output: Uint8Array | null
  readonly output_salt: Uint8Array | null
  /** Null for a public task, whose output is pinned in the clear. */
  readonly output_key: Uint8Array | null
  /**
   * Bytes of the output that its attempt continued. Null for a new answer, and for one that ignored the text to
   * continue.
   */
  readonly prefix_bytes: number | null
}

/** The request that became an own task. */
export interface TaskRequest {
  readonly entry: EntryOf<'Task'>
  readonly payload: InferencePayload
  /** All tasks that it depends on. */
  readonly after: readonly ActionHash[]
}

/** Returns the request that became an own task; null after the task's epoch was left. */
export async function requestOf(task: string, context: PosterContext): Promise<TaskRequest | null> {
  const draft = (await readReveal(task, context))?.draft
  if (!draft || !isPayload(draft.payload)) return null
  const { task: entry, after = entry.depends_on } = draft
  return { entry, payload: decodePayload(draft.payload), after }
}

/** Returns the start of an own task's prompt; null after the task's epoch was left. */
export async function promptOf(task: string, context: PosterContext): Promise<string | null> {
  const request = await requestOf(task, context)
  return request && promptIn(request.payload).slice(0, PROMPT_CHARS)
}

/** Returns the prompt of a payload: its text, the last turn of a chat, or the first text to embed. */
export function promptIn({ input }: InferencePayload): string {
  const text =
    input.type === 'text' ? input.text : input.type === 'embed' ? input.texts[0] : lastTurn(input.messages)
  return text ?? ''
}

function lastTurn(messages: readonly ChatMessage[]): string | undefined {
  return messages.findLast(({ role }) => role === 'user')?.content
}

/**
 * Returns payload, output, their salts and the output's key. Null for an unknown task, after its epoch was left, and
 * where its draft was lost.
 */
export async function secretsOf(
  task: string,
  context: PosterContext,
  signal: AbortSignal,
): Promise<TaskSecrets | null> {
  const { draft, accepted, prefix } = (await readReveal(task, context)) ?? {}
  if (!draft) return null
  const { event, salt = null, key = null } = accepted ?? {}
  const cid = event?.entry.output?.cid
  const pinned = event && cid && salt ? await context.needs.artifacts.get(cid, [event.author], signal) : null
  const plain = pinned && salt && key ? unseal(pinned, salt, key) : pinned
  const before = Buffer.from(prefix ?? '')
  const begins = plain && before.length > 0 && before.equals(plain.subarray(0, before.length))
  return {
    payload: draft.payload,
    payload_salt: draft.salt,
    output: plain,
    output_salt: plain && salt,
    output_key: plain && key,
    prefix_bytes: begins ? before.length : null,
  }
}
