/** Reads the answer of a task whose epoch was left. */
import { readFile } from 'node:fs/promises'
import type { PastAnswer } from '../inference/ask-mesh.ts'
import type { TaskView } from '../mesh/view.ts'
import { verifyReceipt } from '../receipt/verify.ts'
import { openRules } from '../rules/rules.ts'
import type { Receipts } from './receipts.ts'

/** Parts of the daemon that reading a past answer uses. */
export interface PastAnswerNeeds {
  readonly receipts: Pick<Receipts, 'pathOf'>
  /** Writes the receipt of a task of a left epoch, if its archive allows it. */
  remake(view: TaskView, signal: AbortSignal): Promise<void>
}

/**
 * Returns the answer that the receipt of a task of a left epoch reveals. Rejects with `RIPPLE_RECEIPT_INVALID` if the
 * receipt is not valid.
 */
export async function pastAnswer(
  view: TaskView,
  { receipts, remake }: PastAnswerNeeds,
  signal: AbortSignal,
): Promise<PastAnswer> {
  if (view.state === 'accepted' && receipts.pathOf(view) === null) await remake(view, signal)
  const receipt = receipts.pathOf(view)
  if (receipt === null) return { text: null, receipt }
  const { summary } = verifyReceipt(await readFile(receipt), await openRules())
  return { text: summary.answer, receipt }
}
