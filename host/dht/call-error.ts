import { RippleError } from '../errors/ripple-error.ts'
import { saysDiskFull } from '../supervise/conductor.ts'
import { noRoom } from './full-disk.ts'

/** What to do about a failed zome call. */
export type CallFailure = { readonly again: true } | { readonly again: false; readonly error: RippleError }

/** How the engine repeats the secret of a call that it does not authorize. */
const CAP_SECRET = /cap secret Some\([0-9a-f]+\)/

/** The engine's words without the secret of a call that it does not authorize; their error is no cause to hand on. */
export function withoutSecret(detail: string): string {
  return detail.replace(CAP_SECRET, 'a cap secret')
}

/**
 * Sorts what a zome call threw. Pure.
 * Another write moved the chain's head: again. The disk is full, which reads tell too: `RIPPLE_DISK_FULL`. A dependency
 * has not arrived, or whoever was asked for it did not answer, which wrote nothing either: `RIPPLE_EVENT_UNKNOWN`. Validation or the zome says no: `RIPPLE_DHT_REFUSED`. All else, time-outs and
 * lost connections above all, and what the engine itself could not do for a zome: `RIPPLE_DHT_UNAVAILABLE`.
 */
export function sortCallError(thrown: unknown): CallFailure {
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  if (/HeadMoved|source chain head has moved/i.test(detail)) return { again: true }
  if (saysDiskFull(detail)) return failed(noRoom(thrown))
  if (/DepMissingFromDht|may be retried|UnresolvedDependencies/i.test(detail)) {
    return failed(new RippleError('RIPPLE_EVENT_UNKNOWN', { hash: hashIn(detail) }, { cause: thrown }))
  }
  if (unanswered.test(detail)) {
    return failed(new RippleError('RIPPLE_EVENT_UNKNOWN', { hash: hashIn(detail) }, { cause: thrown }))
  }
  if (/InvalidCommit/.test(detail) || (/Wasm runtime error/.test(detail) && !hostFailed.test(detail))) {
    return failed(new RippleError('RIPPLE_DHT_REFUSED', { detail: guestWords(detail) }, { cause: thrown }))
  }
  if (CAP_SECRET.test(detail)) {
    return failed(new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: withoutSecret(detail) }))
  }
  return failed(new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail }, { cause: thrown }))
}

/** Failures that passed through a zome and are none of its own: they pass, where a refusal stays. */
const hostFailed = /\b(Host|CallError|ModuleBuild|ModuleDeserialize)\("/

/** A zome asked other peers for what an entry names, and none answered: nothing was written. */
const unanswered = /Wasm runtime error.*Host\("[^"]*(get response|Cascade|network|timeout)/is

function failed(error: RippleError): CallFailure {
  return { again: false, error }
}

function hashIn(detail: string): string {
  return /uhC[0-9A-Za-z_-]{50}/.exec(detail)?.[0] ?? 'that the entry names'
}

/** The words of the rule or the zome, out of the layers that the engine wraps around them. */
function guestWords(detail: string): string {
  const rule = /Validation failed while committing: (.*)/s.exec(detail)?.[1]
  const guest = /Guest\("((?:[^"\\]|\\.)*)"\)/.exec(detail)?.[1]?.replaceAll('\\"', '"')
  const unreadable = /(\w+::__\w+)_extern:\d+: Deserialize/.exec(detail)?.[1]?.replace('__', '')
  return rule ?? guest ?? (unreadable ? `${unreadable} cannot read its input` : detail)
}
