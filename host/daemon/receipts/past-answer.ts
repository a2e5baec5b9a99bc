/** Reads the answers of accepted tasks. */
import { readFile } from 'node:fs/promises'
import type { TaskAnswer } from '../../inference/ask-mesh.ts'
import type { TaskView } from '../../mesh/view/view.ts'
import { verifyReceipt } from '../../receipt/verify.ts'
import { openRules } from '../../rules/rules.ts'
import { textOf } from '../../types/text/utf8.ts'
import type { Work } from '../../work/work.ts'
import type { Receipts } from './receipts.ts'

/** Parts of the daemon that reading an answer uses. */
export interface AnswerNeeds {
  readonly work: Pick<Work, 'secrets'>
  readonly receipts: Pick<Receipts, 'keep' | 'pathOf'>
  /** Writes the receipt of a task of a left epoch, if its archive allows it. */
  remake(view: TaskView, signal: AbortSignal): Promise<void>
}

/**
 * Returns the answer of an accepted task and the path of its receipt: from the output while the task's epoch is open,
 * and then from what the receipt reveals. Rejects with `RIPPLE_RECEIPT_INVALID` if that receipt is not valid, and as the
 * fetch of the output does.
 */
export async function readAnswer(
  view: TaskView,
  { work, receipts, remake }: AnswerNeeds,
  signal: AbortSignal,
): Promise<TaskAnswer> {
  if (view.state !== 'accepted') return { text: null, receipt: null }
  const secrets = await work.secrets(view.task, signal)
  if (secrets) {
    await receipts.keep(view, signal)
    return { text: secrets.output && textOf(secrets.output), receipt: receipts.pathOf(view) }
  }
  if (receipts.pathOf(view) === null) await remake(view, signal)
  const receipt = receipts.pathOf(view)
  if (receipt === null) return { text: null, receipt }
  const { summary } = verifyReceipt(await readFile(receipt), await openRules())
  return { text: summary.answer, receipt }
}
