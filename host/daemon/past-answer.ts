import { readFile } from 'node:fs/promises'
import type { PastAnswer } from '../inference/ask-mesh.ts'
import type { TaskView } from '../mesh/view.ts'
import { verifyReceipt } from '../receipt/verify.ts'
import { openRules } from '../rules/rules.ts'
import type { Receipts } from './receipts.ts'

/** What reading the answer of a task needs whose epoch was left. */
export interface PastAnswerNeeds {
  readonly receipts: Pick<Receipts, 'pathOf'>
  /** Writes the receipt of a task of an epoch that was left, where that can be made. */
  remake(view: TaskView, signal: AbortSignal): Promise<void>
}

/**
 * The answer of a task of an epoch that was left, as its receipt reveals it. Rejects with `RIPPLE_RECEIPT_INVALID` where that receipt
 * does not hold.
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
