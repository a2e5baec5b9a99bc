/** Lists the errors of models. */
import { type ErrorRow, row } from './row.ts'

/** Errors of model files and of fetching them. */
export const modelErrors = {
  RIPPLE_DISK_SHORT: row(
    '{what} needs {needs_mib} MiB under {path}, and {free_mib} MiB are free',
    'free {short_mib} MiB more and try again; the part that was fetched is kept',
    507,
    1,
  ),
  RIPPLE_MODEL_AMBIGUOUS: row(
    "'{model}' matches several files: {files}",
    'name one of them as it is written here, with its extension',
    409,
    2,
  ),
  RIPPLE_MODEL_SPLIT: row(
    '{file} is part {no} of {count} of a split model, and a model is offered only as one file: one sha256 must cover all that runs',
    "merge the parts with 'llama-gguf-split --merge FIRST_PART WHOLE.gguf' of llama.cpp, and remove them",
    422,
    1,
  ),
  RIPPLE_MODEL_IN_USE: row(
    "the model '{model}' is {use}",
    "unload it with 'ripple model unload {model}', or remove it anyway with --force",
    409,
    1,
  ),
  RIPPLE_MODEL_PAUSED: row(
    "the pull of '{model}' was paused",
    "continue it with 'ripple model pull {model}': the bytes that are here are kept",
    409,
    1,
  ),
  RIPPLE_MODEL_NO_PEER: row(
    "no machine that is online shares '{model}'",
    'such a machine must have the model and share it, and its card must be known here',
    404,
    1,
  ),
} as const satisfies Record<string, ErrorRow>
