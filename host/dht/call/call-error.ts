/** Sorts the errors of zome calls into retries and Ripple's own errors. */
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { saysDiskFull } from '../../processes/conductor.ts'
import { noRoom } from './full-disk.ts'

/** The action after a failed zome call: call again, or reject with an error. */
export type CallFailure = { readonly again: true } | { readonly again: false; readonly error: RippleError }

/** The form in which the engine repeats the secret of an unauthorized call. */
const CAP_SECRET = /cap secret Some\([0-9a-f]+\)/

/** Removes the secret of an unauthorized call from the engine's message. Such an error must not be passed on as a cause. */
export function withoutSecret(detail: string): string {
  return detail.replace(CAP_SECRET, 'a cap secret')
}

/**
 * Sorts what a zome call threw. Pure. Calls again if another write moved the chain's head. `RIPPLE_DISK_FULL`: the disk is
 * full, which reads report too. `RIPPLE_EVENT_UNKNOWN`: a dependency has not arrived, or the peers asked for it did not
 * answer; nothing was written. `RIPPLE_DHT_REFUSED`: validation or the zome refuses. `RIPPLE_DHT_UNAVAILABLE`: everything
 * else, above all time-outs, lost connections, and what the engine could not do for a zome.
 */
export function sortCallError(thrown: unknown): CallFailure {
  const detail = messageOf(thrown)
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

/** Failures of the engine that passed through a zome. They are temporary; a refusal is not. */
const hostFailed = /\b(Host|CallError|ModuleBuild|ModuleDeserialize)\("/

/** The failure of a zome that asked other peers for an event and got no answer. Nothing was written. */
const unanswered = /Wasm runtime error.*Host\("[^"]*(get response|Cascade|network|timeout)/is

function failed(error: RippleError): CallFailure {
  return { again: false, error }
}

function hashIn(detail: string): string {
  return /uhC[0-9A-Za-z_-]{50}/.exec(detail)?.[0] ?? 'that the entry names'
}

/** Extracts the message of the rule or the zome from the layers that the engine wraps around it. */
function guestWords(detail: string): string {
  const rule = /Validation failed while committing: (.*)/s.exec(detail)?.[1]
  const guest = /Guest\("((?:[^"\\]|\\.)*)"\)/.exec(detail)?.[1]?.replaceAll('\\"', '"')
  const unreadable = /(\w+::__\w+)_extern:\d+: Deserialize/.exec(detail)?.[1]?.replace('__', '')
  return rule ?? guest ?? (unreadable ? `${unreadable} cannot read its input` : detail)
}
