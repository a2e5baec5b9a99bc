/** Lists and describes models in the form of Ollama's API. */
import { z } from 'zod'
import { canChat } from '../../models/can-chat.ts'
import type { Context } from '../../operations/context.ts'
import type { MeshModel } from '../../types/answer.ts'
import { findModel } from '../openai/models.ts'
import { fieldError, parseBody } from '../openai/parse.ts'
import { modelField } from '../openai/sampling.ts'
import { plainName } from './request.ts'

/** The parts of the daemon that know its models. */
export type ModelNeeds = Pick<Context, 'inference' | 'models'>

/** The files of this machine, by their sha256. */
type Files = ReadonlyMap<string, { readonly bytes: number | null; readonly licence: string }>

/** No peer says when it got a file, and clients require a time. */
const UNKNOWN_TIME = '1970-01-01T00:00:00Z'

/** The name of a model's architecture, with which the names of its figures begin. No card says the real one. */
const ARCHITECTURE = 'ripple'

/** The body of `POST /api/show`; clients of older versions send `name`. */
const showRequest = z.object({ model: modelField.nullish(), name: modelField.nullish() })

/** Returns every model of the mesh, as `/api/tags` lists them. */
export async function tagsBody({ inference, models }: ModelNeeds, signal: AbortSignal): Promise<object> {
  const files = await filesHere(models, signal)
  return { models: inference.models().map((model) => rowOf(model, files)) }
}

/** Returns the models that are in the memory of a machine, as `/api/ps` lists them. */
export async function psBody({ inference, models }: ModelNeeds, signal: AbortSignal): Promise<object> {
  const files = await filesHere(models, signal)
  const loaded = inference.models().filter(({ at }) => at.some((one) => one.loaded))
  return { models: loaded.map((model) => rowOf(model, files)) }
}

/** Returns what is known of one model. Throws `RIPPLE_BODY_INVALID`, `RIPPLE_MODEL_NOT_FOUND`. */
export async function showBody(
  body: unknown,
  { inference, models }: ModelNeeds,
  signal: AbortSignal,
): Promise<object> {
  const { data } = parseBody(showRequest, body)
  const name = data.model ?? data.name
  if (name == null) throw fieldError('model', 'missing', 'missing_required_parameter')
  const model = findModel(inference.models(), plainName(name))
  const files = await filesHere(models, signal)
  const { details, modified_at, ripple } = rowOf(model, files)
  const licence = files.get(model.digest ?? '')?.licence
  return {
    ...{ modelfile: '', parameters: '', template: '', modified_at, details },
    ...(licence === undefined ? {} : { license: licence }),
    model_info: {
      'general.architecture': ARCHITECTURE,
      ...(model.context_tokens === null ? {} : { [`${ARCHITECTURE}.context_length`]: model.context_tokens }),
    },
    capabilities: ['completion', ...(canChat(model, []) ? ['tools'] : [])],
    ripple,
  }
}

async function filesHere(models: ModelNeeds['models'], signal: AbortSignal): Promise<Files> {
  const listed = await models.list(signal)
  return new Map(
    listed.flatMap(({ sha256, bytes, licence }) => (sha256 ? [[sha256, { bytes, licence }]] : [])),
  )
}

/** Clients require a size too; it is 0 if this machine does not know it. */
function rowOf({ name, digest, context_tokens, owned_by, at }: MeshModel, files: Files) {
  return {
    ...{ name, model: name, modified_at: UNKNOWN_TIME },
    size: files.get(digest ?? '')?.bytes ?? 0,
    digest: digest ?? '',
    details: {
      ...{ parent_model: '', format: digest === null ? '' : 'gguf', family: '', families: [] },
      ...{ parameter_size: '', quantization_level: '' },
    },
    ripple: { context_tokens, owned_by, at },
  }
}
