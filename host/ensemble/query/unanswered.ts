/** Makes the error of a question that too few members have answered. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { ErrorCode } from '../../errors/table.ts'
import { limits } from '../../limits.ts'
import type { Reply } from './ask-members.ts'

/** The codes of a member without a place: refused at once, or expired while its task waited for one. */
const busyCodes: readonly string[] = ['RIPPLE_BUSY', 'RIPPLE_ANSWER_EXPIRED'] satisfies ErrorCode[]

/** Whether replies failed, and each failure was a lack of room at its model or machine. Pure. */
export function isBusy(replies: readonly Pick<Reply, 'code'>[]): boolean {
  const codes = replies.flatMap(({ code }) => code ?? [])
  return codes.length > 0 && codes.every((code) => busyCodes.includes(code))
}

/**
 * Returns the error of insufficient replies, with the codes of those that failed; `RIPPLE_BUSY` if each of them was busy.
 * Pure.
 */
export function unanswered(replies: readonly Pick<Reply, 'code'>[], trace_id = ''): RippleError {
  if (isBusy(replies)) {
    const { busy_retry_after_s: retry_after_s } = limits
    const what = 'the number of members that were refused as busy'
    return new RippleError('RIPPLE_BUSY', { what, max: replies.length, retry_after_s, trace_id })
  }
  const codes = replies.flatMap(({ code }) => code ?? [])
  const detail = [...new Set(codes)].join(', ')
  return new RippleError('RIPPLE_ENSEMBLE_UNANSWERED', { members: replies.length, detail, trace_id })
}
