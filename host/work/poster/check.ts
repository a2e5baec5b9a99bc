/** Checks the results of own tasks. */
import { isUtf8 } from 'node:buffer'
import type { Check, Task, TaskResult } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { cidOf } from '../../artifacts/cid.ts'
import { sha256Hex } from '../../codec/digest.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Posted, ResultSeen } from '../../mesh/state/posted.ts'
import type { ActionHash } from '../../types/events.ts'
import { textOf } from '../../types/text/utf8.ts'
import type { PosterContext } from '../context/context.ts'
import { withDeadline } from '../context/deadline.ts'
import { decodePayload, parametersDigest } from '../context/payload.ts'
import { sealBytes, unseal } from '../context/seal.ts'
import { readDraft } from '../records/draft.ts'
import { journalResult } from '../records/journal-grant.ts'
import { journaledPrefix } from '../records/prefix.ts'
import { wrongForm } from './wrong-form.ts'

type Verdict = NonNullable<ResultSeen['verdict']>

/**
 * Checks a result before it is accepted. Its bytes must be here, open with the worker's key, and match the Result.
 * Bytes that cannot be fetched give no verdict; the plan tries again while the lease stands. A result is refused for an
 * impossible CID, for a CID that adding the bytes does not give, and for more bytes than it names.
 */
export async function check(task: ActionHash, authority: ActionHash, context: PosterContext): Promise<void> {
  const posted = context.state().open.get(task)
  const seen = posted?.results.get(authority)
  const { event, salt } = seen ?? {}
  if (!posted || !seen || !event || !salt || seen.verdict) return
  await claimIsHere(posted, event.entry, context)
  const claim =
    wrongClaim(posted.task.entry, event.entry) ?? (await wrongAmount(posted, event.entry, context))
  const verdict = claim ? refusal(claim) : await checkBytes(event.author, event.entry, seen, context)
  // Salt and key of the output must be persisted before anything depends on the verdict.
  if (verdict.ok) await journalResult({ ...seen, verdict }, context.needs.journal)
  context.record({ type: 'checked', task, result: event.hash, verdict: verdict.why })
  context.dispatch({ type: 'checked', task, authority, verdict })
}

/**
 * Rejects with `RIPPLE_EVENT_UNKNOWN` while the FallbackClaim of a stand-in's Result cannot be fetched. The Close that
 * accepts the Result depends on that claim, and no task may wait for a Close that cannot be written.
 */
async function claimIsHere(
  posted: Posted,
  { authority }: TaskResult,
  { needs, signal }: PosterContext,
): Promise<void> {
  if (posted.grants.some(({ hash }) => hash === authority)) return
  if (!(await needs.dht.get(authority, signal)))
    throw new RippleError('RIPPLE_EVENT_UNKNOWN', { hash: authority })
}

/** Returns why a run does not match the payload: other parameters, or too much output. Null when it matches. */
async function wrongAmount(
  { task }: Posted,
  result: TaskResult,
  context: PosterContext,
): Promise<string | null> {
  const draft = await readDraft(task.entry.id, context)
  if (!draft || result.status.type !== 'ok') return null
  const { parameters, input, logprobs } = decodePayload(draft.payload)
  if (parametersDigest(result.parameters) !== parametersDigest(parameters))
    return 'other parameters were used'
  if (input.type === 'embed') return null
  if (result.usage.tokens_out > parameters.max_tokens) return 'more tokens were generated than asked'
  // Scores are longer than their tokens. The form of the output bounds them.
  if (logprobs) return null
  const most = parameters.max_tokens * limits.token_bytes_max
  return (result.output?.bytes ?? 0) > most ? 'the output is longer than its tokens can be' : null
}

/** Returns why a Result does not match its Task, or null. */
function wrongClaim(task: Task, result: TaskResult): string | null {
  if (task.work.type === 'model' && result.model_digest !== task.work.digest) return 'another model was run'
  const asked = task.deterministic
  if (asked && result.seed !== asked.seed) return 'another seed was used'
  if (asked && parametersDigest(result.parameters) !== asked.parameters_digest)
    return 'other parameters were used'
  if (result.output && result.output.encrypted !== (task.sensitivity !== 'public'))
    return 'the output is not sealed as asked'
  return null
}

async function checkBytes(
  worker: string,
  result: TaskResult,
  seen: ResultSeen,
  context: PosterContext,
): Promise<Verdict> {
  const { output } = result
  if (!output || !seen.salt) return refusal('there is no output')
  const unshown = wrongSecrets(output, seen.salt, seen.key)
  if (unshown) return refusal(unshown)
  const { artifacts, clock } = context.needs
  const inTime = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline(clock, context.bounds.artifact_fetch_ms, 'fetching the output', context.signal, work)
  const most = output.bytes + (output.encrypted ? sealBytes.mac : 0)
  const fetched = await inTime((signal) => artifacts.get(output.cid, [worker], signal, most)).catch(unfit)
  if ('why' in fetched) return refusal(fetched.why)
  const plain = output.encrypted ? (seen.key ? unseal(fetched, seen.salt, seen.key) : null) : fetched
  const why = plain
    ? (wrongBytes(plain, output, seen.salt) ?? (await wrongText(plain, result, context)))
    : 'the output does not open with the key that was sent'
  if (why) return refusal(why)
  if ((await cidOf(fetched)) !== output.cid)
    return refusal('the output is pinned in another way than all are')
  // Only what is kept is pinned: a Result may name a CID that is pinned here for another reason.
  await inTime((signal) => artifacts.pin(output.cid, [worker], signal))
  return { ok: true, why: 'ok', checks: ['digest', 'length', 'decode'] satisfies Check[] }
}

/** Returns why salt and key cannot go into a receipt, or null: an accepted output must be possible to show. */
function wrongSecrets(
  { encrypted }: NonNullable<TaskResult['output']>,
  salt: Uint8Array,
  key: Uint8Array | null,
): string | null {
  if (salt.length !== sealBytes.salt) return 'the salt has another length'
  return key && !encrypted ? 'a key was sent for an output that is not sealed' : null
}

/** Returns the reason to refuse where another try would change nothing. Throws every other error again. */
function unfit(thrown: unknown): { readonly why: string } {
  const { code, message } = toRippleError(thrown)
  if (code === 'RIPPLE_ARTIFACT_TOO_LARGE' || code === 'RIPPLE_CID_INVALID') return { why: message }
  throw thrown
}

function wrongBytes(
  plain: Uint8Array,
  output: NonNullable<TaskResult['output']>,
  salt: Uint8Array,
): string | null {
  if (plain.length !== output.bytes) return 'the output has another length'
  if (sha256Hex(salt, plain) !== output.digest) return 'the output has another digest'
  return isUtf8(plain) ? null : 'the output is not UTF-8'
}

/** Returns why an answer contradicts its stream, its prefix or the form it was asked in; null when it is right. */
async function wrongText(
  plain: Uint8Array,
  result: TaskResult,
  context: PosterContext,
): Promise<string | null> {
  const { task, attempt, authority } = result
  const text = textOf(plain)
  if (!text.startsWith(context.texts.of(task, attempt))) return 'the output is not what was streamed'
  const posted = context.state().open.get(task)
  // A stand-in starts from the beginning: nobody was there to send it the text.
  const isGranted = posted?.grants.some(({ hash }) => hash === authority)
  const prefix = isGranted ? await journaledPrefix(task, attempt, context) : ''
  if (!text.startsWith(prefix)) return 'the output does not continue the text that it was given'
  const draft = posted && (await readDraft(posted.task.entry.id, context))
  return draft ? wrongForm(text, decodePayload(draft.payload), result) : null
}

function refusal(why: string): Verdict {
  return { ok: false, why, checks: [] }
}
