/** Verifies the file of a receipt. */
import type { LlamaOptions } from '../../engine/llama.ts'
import type { Verdict, VerifyRequest } from '../../operations/local.ts'
import { receiptSiblings } from '../../operations/receipt/shape.ts'
import { callOperation, type Remote } from '../../operations/remote.ts'
import { type Replay, type Replayed, replayReceipt } from '../../receipt/replay.ts'
import { revealedPayload, verifyReceipt } from '../../receipt/verify.ts'
import { openRules } from '../../rules/rules.ts'

/** Inputs of the verification. */
export interface VerifyNeeds {
  readonly file: string
  readonly bytes: Uint8Array
  readonly request: VerifyRequest
  readonly data: string
  /** The user's cache folder, which holds the models. */
  readonly cache: string
  /** The GPU of the replay's engine, and the environment of its process. */
  readonly engine: Pick<LlamaOptions, 'gpu' | 'env'>
  /** Shows what the verification waits for. */
  readonly say: (line: string) => void
  /** Connects to the daemon, for `online` only. */
  readonly connect: (data: string) => Promise<Remote>
}

/**
 * Verifies a receipt from its bytes alone. The engine is started only for a replay, and the daemon is asked only for
 * `online`. Rejects with `RIPPLE_RECEIPT_INVALID`, and as the replay and the daemon's answer do.
 */
export async function verifyFile(needs: VerifyNeeds, signal: AbortSignal): Promise<Verdict> {
  const { file, bytes, request } = needs
  const { summary, one_sided, shown, not_shown } = verifyReceipt(bytes, await openRules(), file)
  return {
    verified: true,
    file,
    task: summary.task,
    network: summary.dna,
    poster: summary.poster,
    worker: summary.worker,
    one_sided,
    self_made: summary.poster === summary.worker,
    prompt: summary.prompt,
    output: summary.answer,
    shown,
    not_shown,
    replay: request.replay ? await replay(needs, { summary, payload: revealedPayload(bytes) }, signal) : null,
    online: request.online ? await online(needs, signal) : null,
  }
}

async function replay(
  { cache, engine: on, say }: VerifyNeeds,
  receipt: Replayed,
  signal: AbortSignal,
): Promise<Replay> {
  const [{ openLlamaEngine }, { openModelStore }] = await Promise.all([
    import('../../engine/llama.ts'),
    import('../models/model-store.ts'),
  ])
  using models = await openModelStore(cache)
  const { model_digest } = receipt.summary
  if (model_digest !== null) await models.waitFor(model_digest, say, signal)
  await using engine = await openLlamaEngine({ models: models.present, ...on }, signal)
  // Awaited here, because the engine ends with this block.
  return await replayReceipt(engine, receipt, signal)
}

async function online(needs: VerifyNeeds, signal: AbortSignal): Promise<string[]> {
  const daemon = await needs.connect(needs.data)
  const base64 = Buffer.from(needs.bytes).toString('base64')
  return (await callOperation(daemon, receiptSiblings, { base64 }, signal)).findings
}
