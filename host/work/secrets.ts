import { RippleError } from '../errors/ripple-error.ts'
import type { Posted } from '../mesh/state.ts'
import type { ActionHash } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { readDraft } from './post.ts'
import { unseal } from './seal.ts'

/** What the holder of a task may reveal in its receipt. */
export interface TaskSecrets {
  readonly payload: Uint8Array
  readonly payload_salt: Uint8Array
  /** The plain output; null unless the task ended as accepted. */
  readonly output: Uint8Array | null
  readonly output_salt: Uint8Array | null
  /** Null for a public task, whose output is pinned in the clear. */
  readonly output_key: Uint8Array | null
}

/** Payload, output, their salts and the output's key. */
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
  }
}

interface Opener {
  readonly result: ActionHash
  readonly salt: Uint8Array
  readonly key: Uint8Array | null
}

async function openOutput(posted: Posted, hands: Hands, signal: AbortSignal): Promise<(Opener & { plain: Uint8Array }) | null> {
  const accepted = posted.close?.entry.result
  if (!accepted) return null
  const { journal, dht, artifacts } = hands.needs
  // Written by the check that led to the acceptance.
  const opener = (await journal.get('secrets', posted.task.hash)) as unknown as Opener | null
  const event = await dht.get(accepted, signal)
  const output = event?.entry.type === 'Result' ? event.entry.output : null
  if (!opener || opener.result !== accepted || !event || !output) return null
  const pinned = await artifacts.get(output.cid, [event.author], signal)
  const plain = opener.key ? unseal(pinned, opener.salt, opener.key) : pinned
  return plain ? { ...opener, plain } : null
}
