/** Replays the prompt of a receipt, and compares the answers. */
import type { Summary } from '../../zomes-bindings/generated/receipt.ts'
import type { Engine } from '../engine/port.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { nameOfFile } from '../models/catalogue.ts'
import { decodePayload } from '../work/context/payload.ts'

/** The outcome of a replay: whether the model gave the same answer again. */
export interface Replay {
  readonly same: boolean
  /** One sentence without a full stop. */
  readonly detail: string
}

/** The parts of a receipt that are needed to run it again. */
export interface Replayed {
  readonly summary: Summary
  /** The payload that the receipt reveals; null if it reveals none. */
  readonly payload: Uint8Array | null
}

/**
 * Runs a receipt's prompt again with its model, parameters and seed, and compares the bytes. Rejects with
 * `RIPPLE_REPLAY_IMPOSSIBLE` if this machine is of another class, where a different answer may be right. It also rejects
 * so if the receipt does not reveal both prompt and answer, or if an absent model is known only by a digest. Rejects with
 * `RIPPLE_MODEL_MISSING` if an absent model can be fetched by name. Rejects with the engine's errors.
 */
export async function replayReceipt(
  engine: Engine,
  { summary, payload }: Replayed,
  signal: AbortSignal,
): Promise<Replay> {
  const { answer, model_digest: model, backend_class } = summary
  if (payload === null || answer === null) throw impossible('it does not reveal prompt and answer')
  if (summary.continued && summary.prefix_bytes === null)
    throw impossible('it does not reveal where its answer continues another attempt')
  if (model === null) throw impossible('it names no model')
  if (backend_class !== engine.backendClass) {
    throw impossible(`it ran on ${backend_class}, and this machine is ${engine.backendClass}`)
  }
  if (!engine.models().some(({ sha256 }) => sha256 === model)) {
    const name = nameOfFile(model)
    if (name !== null) throw new RippleError('RIPPLE_MODEL_MISSING', { model: name })
    throw impossible(`its model, of sha256 ${model}, is not on this machine`)
  }
  const prefix = Buffer.from(answer)
    .subarray(0, summary.prefix_bytes ?? 0)
    .toString()
  const job = { model, ...decodePayload(payload), prefix, alone: true, onText: () => undefined }
  const text = prefix + (await engine.run(job, signal)).text
  return text === answer
    ? {
        same: true,
        detail: `${engine.build} gives the same ${Buffer.byteLength(text)} bytes on ${backend_class}`,
      }
    : { same: false, detail: `${engine.build} gives another answer on ${backend_class}` }
}

function impossible(detail: string): RippleError {
  return new RippleError('RIPPLE_REPLAY_IMPOSSIBLE', { detail })
}
