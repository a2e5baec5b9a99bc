/** Defines the port to engines that run models. */
import type { Usage } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { InferencePayload } from '../types/inference.ts'

/** A model file on this machine. */
export interface LocalModel {
  readonly name: string
  /** sha256 of the file, lower-case hex. */
  readonly sha256: string
  readonly path: string
  readonly bytes: number
  /** Most tokens that it reads. */
  readonly context_tokens: number
}

/** One run of a model. */
export interface RunJob extends InferencePayload {
  /** sha256 of the model file. */
  readonly model: string
  /** The plain text of the answer so far, which the run continues; empty for a new answer. It counts towards `max_tokens`. */
  readonly prefix: string
  /**
   * Whether the run must have the engine to itself. The last bits of llama.cpp's arithmetic depend on the other runs in a
   * batch, so a run that must be reproducible runs alone.
   */
  readonly alone: boolean
  /**
   * Called with 0 when the run has its model and begins, and then with the number of prompt tokens read so far. Before that,
   * the run waits for its turn, for memory, or for its model.
   */
  onRead?(tokens: number): void
  /** Called with each piece of text, in order, and with the number of tokens that this run has generated so far. */
  onText(text: string, tokensOut: number): void
}

/** The result of a run and its cost. */
export interface RunOutcome {
  /** The generated text, without the prefix. */
  readonly text: string
  /** The reason for its end: `stop` by the model or a stop word, `length` by the limit of tokens. */
  readonly finish: 'stop' | 'length'
  readonly usage: Usage
  /** sha256 of the chat template that was applied; null for a model without one. */
  readonly template_digest: string | null
}

/** A model in the engine's memory. */
export interface LoadedModel {
  /** sha256 of the file. */
  readonly sha256: string
  /** Memory that it takes with its contexts, in bytes, as the engine estimates it. */
  readonly bytes: number
  /** Number of its current runs. */
  readonly running: number
}

/** The GPU that an engine runs on. Several devices of one machine count as one: llama.cpp spreads a model over them. */
export interface EngineGpu {
  readonly backend: 'cuda' | 'vulkan' | 'metal'
  /** The names of its devices; one at least. */
  readonly devices: string[]
  /** Memory of all devices, in bytes. */
  readonly vram_bytes: number
  /** Part of the engine's memory budget that lies in it, in bytes; 0 where it shares the machine's memory. */
  readonly budget_bytes: number
}

/**
 * Runs models: `llama.ts` with node-llama-cpp in a child process. `run` rejects with
 * `RIPPLE_MODEL_MISSING`, `RIPPLE_MODEL_CORRUPT`, `RIPPLE_MODEL_UNREAD` (its file was changed), `RIPPLE_MODEL_MEMORY`,
 * `RIPPLE_MODEL_NOT_CHAT`, `RIPPLE_CONTEXT_TOO_LONG` and `RIPPLE_ENGINE_CRASHED`. It rejects with `RIPPLE_BODY_INVALID` for
 * a schema that no grammar can be made of, or a `prefix` of an answer that is not plain text. It also rejects with
 * `RIPPLE_TIMEOUT` where its process does not start, and with the signal's reason.
 */
export interface Engine extends AsyncDisposable {
  /** The engine and its version, such as `node-llama-cpp 3.22.1 (llama.cpp b7090)`. */
  readonly build: string
  /** The class of machines that give the same bytes for the same seed. */
  readonly backendClass: string
  /** The GPU that it runs on; null for the CPU. It is null from then on if the GPU fails. */
  readonly gpu: EngineGpu | null
  /** Most concurrent runs; further runs wait in the order of their arrival. */
  readonly slots: number
  /** Returns the models that it could run now. */
  models(): readonly LocalModel[]
  /** Returns the models in memory, the most recently used first. */
  loaded(): readonly LoadedModel[]
  /** Returns how long it has had work so far, in milliseconds. */
  busyMs(): number
  /** Returns the memory that models may take together now, in bytes, GPU included; infinite where nothing bounds it. */
  memoryBudget(): number
  run(job: RunJob, signal: AbortSignal): Promise<RunOutcome>
  /** Loads a model before its first run, and unloads others where the memory budget requires it. Rejects as `run` does. */
  load(model: string, signal: AbortSignal): Promise<void>
  /** Unloads a model once its runs have ended. Resolves to true if it was loaded. */
  unload(model: string, signal: AbortSignal): Promise<boolean>
}
