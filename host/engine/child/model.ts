/** Loads model files in the engine process. */
import { stat } from 'node:fs/promises'
import { InsufficientMemoryError, type LlamaModel } from 'node-llama-cpp'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Backend } from './backend.ts'
import { ChatTemplate } from './chat-template.ts'
import { bytesOf, type Memory } from './memory.ts'
import type { ModelFile } from './messages.ts'

/** A model in memory, with its chat template. */
export interface LoadedModel {
  readonly file: ModelFile
  readonly model: LlamaModel
  /** The model's chat template; null for a model that only continues text. */
  readonly template: ChatTemplate | null
  /** Memory of its weights, as llama.cpp counts it. */
  readonly memory: Memory
}

/**
 * Loads a model file. Rejects with `RIPPLE_MODEL_MISSING` when it is gone, and `RIPPLE_MODEL_UNREAD` when it has changed
 * since its sha256 was read. Rejects with `RIPPLE_MODEL_MEMORY` when it does not fit, `RIPPLE_MODEL_CORRUPT` when it cannot
 * be read, and with the signal's reason.
 */
export async function loadModel(
  backend: Backend,
  file: ModelFile,
  signal: AbortSignal,
): Promise<LoadedModel> {
  await checkUnchanged(file)
  backend.takeLastError()
  try {
    const model = await loadWeights(backend, file, signal)
    // The file may have changed while it was loaded.
    await checkUnchanged(file).catch(async (error: unknown) => {
      await model.dispose()
      throw error
    })
    const { ram, vram } = model.memoryUsage
    return { file, model, template: ChatTemplate.of(model, file.chat_template), memory: { ram, vram } }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof RippleError) throw error
    if (error instanceof InsufficientMemoryError) throw memoryError(file, error.message, error)
    const detail = backend.takeLastError() ?? messageOf(error)
    throw new RippleError('RIPPLE_MODEL_CORRUPT', { file: file.file, detail }, { cause: error })
  }
}

/**
 * Loads the weights. Without a GPU they lie in the machine's memory. With one, as many layers as its free memory takes with a
 * context lie there.
 */
function loadWeights({ llama, gpu }: Backend, file: ModelFile, loadSignal: AbortSignal): Promise<LlamaModel> {
  const fitContext = { contextSize: limits.engine_sequence_tokens }
  const layers = gpu === null ? {} : { gpuLayers: { fitContext } }
  return llama.loadModel({ modelPath: file.file, loadSignal, ...layers })
}

/** Rejects where the file is gone, or has changed since its sha256 was read. */
async function checkUnchanged({ file, name, bytes, mtime_ms }: ModelFile): Promise<void> {
  const there = await stat(file).catch(() => null)
  if (there === null) throw new RippleError('RIPPLE_MODEL_MISSING', { model: name })
  if (mtime_ms === undefined || (there.size === bytes && there.mtimeMs === mtime_ms)) return
  throw new RippleError('RIPPLE_MODEL_UNREAD', { file, detail: 'it was changed since its sha256 was read' })
}

/** Returns the error for a model or context that does not fit into memory. */
export function memoryError(file: ModelFile, detail: string, cause?: unknown): RippleError {
  return new RippleError('RIPPLE_MODEL_MEMORY', { model: file.name, detail }, { cause })
}

/** A `RIPPLE_MODEL_MEMORY` for a need above the whole budget: it would not fit even if nothing else were in memory. */
export class NeverFits extends RippleError {
  constructor(file: ModelFile, need: Memory, most: Memory) {
    super('RIPPLE_MODEL_MEMORY', { model: file.name, detail: lackOf(need, most) })
  }
}

/** Describes a need that exceeds what models may take. */
export function lackOf(need: Memory, most: Memory): string {
  const isAll = bytesOf(need) > bytesOf(most)
  const [needed, there] = isAll ? [bytesOf(need), bytesOf(most)] : [need.ram, most.ram]
  const kind = isAll ? '' : ' beside the GPU'
  return `it needs ${needed} bytes${kind}, and models may take ${there}`
}
