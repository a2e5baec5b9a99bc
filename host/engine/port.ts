import type { Parameters } from '../../zomes-bindings/generated/Parameters.ts'
import type { Usage } from '../../zomes-bindings/generated/Usage.ts'

/** A model file on this machine. */
export interface LocalModel {
  readonly name: string
  /** sha256 of the file, lower-case hex. */
  readonly sha256: string
  readonly path: string
  readonly bytes: number
  /** Tokens that it reads at most. */
  readonly context_tokens: number
}

/** One run of a model. */
export interface RunJob {
  /** sha256 of the model file. */
  readonly model: string
  readonly prompt: string
  readonly parameters: Parameters
  readonly seed: number
  /** Called with each piece of text, in order. */
  onText(text: string): void
}

/** What a run gave and cost. */
export interface RunOutcome {
  readonly text: string
  readonly usage: Usage
  /** sha256 of the chat template that was applied; null for a model without one. */
  readonly template_digest: string | null
}

/**
 * Runs models: `llama.ts` with node-llama-cpp in a child process, `deterministic.ts` in simulation.
 * `run` rejects with `RIPPLE_MODEL_MISSING`, `RIPPLE_MODEL_CORRUPT`, `RIPPLE_MODEL_MEMORY`, `RIPPLE_CONTEXT_TOO_LONG`,
 * `RIPPLE_ENGINE_CRASHED`, with `RIPPLE_TIMEOUT` where its process does not start, and with the signal's reason when it is
 * aborted.
 */
export interface Engine extends AsyncDisposable {
  /** The engine and its version, such as `node-llama-cpp 3.22.1 (llama.cpp b7090)`. */
  readonly build: string
  /** The class of machines that give the same bytes for the same seed. */
  readonly backendClass: string
  /** Models that it could run now. */
  models(): readonly LocalModel[]
  run(job: RunJob, signal: AbortSignal): Promise<RunOutcome>
}
