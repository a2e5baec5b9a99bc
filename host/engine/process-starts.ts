/** Starts the engine's processes: on the GPU while that works, otherwise on the CPU. */
import { messageOf } from '../errors/message-of.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { GpuChoice } from '../types/gpu-choice.ts'
import type { LlamaProcess } from './llama-process.ts'

/** The inputs of `ProcessStarts`. */
export interface ProcessStartsNeeds {
  readonly gpu: GpuChoice
  /** Starts one process. Rejects with `RIPPLE_GPU_UNUSABLE` where that GPU is not there. */
  readonly start: (gpu: GpuChoice, signal: AbortSignal) => Promise<LlamaProcess>
  /** Called with the reason when the GPU has failed. All later processes run on the CPU. */
  readonly onGpuFailed: (detail: string) => void
}

/** The starts of one engine. */
export class ProcessStarts {
  readonly #needs: ProcessStartsNeeds
  #gpu: GpuChoice
  #failed = false

  constructor(needs: ProcessStartsNeeds) {
    this.#needs = needs
    this.#gpu = needs.gpu
  }

  /** Whether the GPU has failed. */
  get gpuFailed(): boolean {
    return this.#failed
  }

  /**
   * Starts the first process. With `auto` it runs on the CPU where no GPU can be used. Rejects with `RIPPLE_GPU_UNUSABLE`
   * where the owner has named a GPU that does not work.
   */
  async first(signal: AbortSignal): Promise<LlamaProcess> {
    return this.#start(signal, (error) => {
      if (this.#gpu === 'auto') return !isUnusable(error)
      if (isUnusable(error)) throw error
      throw new RippleError('RIPPLE_GPU_UNUSABLE', { gpu: this.#gpu, detail: messageOf(error) })
    })
  }

  /** Starts a process after the first. If the GPU fails now, it runs on the CPU. */
  async next(signal: AbortSignal): Promise<LlamaProcess> {
    return this.#start(signal, () => true)
  }

  /** `judge` throws what is to reject, or says whether an error at the start is a failure of a GPU that is there. */
  async #start(signal: AbortSignal, judge: (error: unknown) => boolean): Promise<LlamaProcess> {
    const { start } = this.#needs
    if (this.#gpu === 'off') return start('off', signal)
    try {
      return this.#watch(await start(this.#gpu, signal))
    } catch (error) {
      signal.throwIfAborted()
      if (judge(error)) this.#fail(messageOf(error))
      this.#gpu = 'off'
      return start('off', signal)
    }
  }

  /** A crash counts as one of the GPU, unless a prompt caused it. */
  #watch(process: LlamaProcess): LlamaProcess {
    if (process.gpu === null) {
      this.#gpu = 'off'
      return process
    }
    void process.exited.then((detail) => {
      if (!process.wasKilled() && !process.calls.endedByPrompt) this.#fail(detail)
    })
    return process
  }

  #fail(detail: string): void {
    this.#gpu = 'off'
    this.#failed = true
    this.#needs.onGpuFailed(detail)
  }
}

function isUnusable(error: unknown): boolean {
  return error instanceof RippleError && error.code === 'RIPPLE_GPU_UNUSABLE'
}
