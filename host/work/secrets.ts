/** Reads the secrets of own tasks, for their receipts. */
import { RippleError } from '../errors/ripple-error.ts'
import type { Posted } from '../mesh/posted.ts'
import type { ChatMessage } from '../types/inference.ts'
import type { Hands } from './hands.ts'
import { decodePayload, isPayload } from './payload.ts'
import { readDraft } from './post.ts'
import { keptPrefix } from './prefix.ts'
import { unseal } from './seal.ts'

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

/**
 * Returns the start of an own task's prompt: the last turn of a chat, or the first text to embed. Null where it is not
 * stored.
 */
export async function promptOf(task: string, hands: Hands): Promise<string | null> {
  const { tasks } = hands.state()
  const id = tasks.get(task)?.task.entry.id
  const draft = id === undefined ? null : await readDraft(id, hands)
  if (draft === null || !isPayload(draft.payload)) return null
  const { input } = decodePayload(draft.payload)
  const text =
    input.type === 'text' ? input.text : input.type === 'embed' ? input.texts[0] : lastTurn(input.messages)
  return (text ?? '').slice(0, PROMPT_CHARS)
}

function lastTurn(messages: readonly ChatMessage[]): string | undefined {
  return messages.findLast(({ role }) => role === 'user')?.content
}

/** Returns payload, output, their salts and the output's key. Rejects with `RIPPLE_TASK_UNKNOWN` without a draft. */
export async function secretsOf(posted: Posted, hands: Hands, signal: AbortSignal): Promise<TaskSecrets> {
  const draft = await readDraft(posted.task.entry.id, hands)
  if (!draft) throw new RippleError('RIPPLE_TASK_UNKNOWN', { id: posted.task.entry.id })
  const opened = await openOutput(posted, hands, signal)
  return {
    payload: draft.payload,
    payload_salt: draft.salt,
    output: opened?.plain ?? null,
    output_salt: opened?.salt ?? null,
    output_key: opened?.key ?? null,
    prefix_bytes: opened ? await prefixBytes(posted, opened.plain, hands) : null,
  }
}

async function prefixBytes({ task }: Posted, plain: Uint8Array, hands: Hands): Promise<number | null> {
  const last = hands.state().tasks.get(task.hash)?.grants.at(-1)
  const prefix = last ? Buffer.from(await keptPrefix(task.hash, last.entry.attempt, hands)) : null
  const begins = prefix && prefix.length > 0 && prefix.equals(plain.subarray(0, prefix.length))
  return begins ? prefix.length : null
}

/** Returns the accepted output in the clear; null where there is none, or its salt or key was lost. */
async function openOutput(posted: Posted, hands: Hands, signal: AbortSignal) {
  const accepted = posted.close?.entry.result
  const seen = [...posted.results.values()].find((one) => one.event?.hash === accepted)
  const output = seen?.event?.entry.output
  if (!accepted || !seen?.event || !output || !seen.salt) return null
  const pinned = await hands.needs.artifacts.get(output.cid, [seen.event.author], signal)
  const plain = seen.key ? unseal(pinned, seen.salt, seen.key) : pinned
  return plain ? { plain, salt: seen.salt, key: seen.key } : null
}
