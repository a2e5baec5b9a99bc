import { RippleError } from '../../errors/ripple-error.ts'
import { nearestNames } from '../../inference/nearest-names.ts'
import { limits } from '../../limits.ts'
import type { MeshModel } from '../../types/answer.ts'

/** Every model of the mesh, as OpenAI lists them. */
export function modelList(models: readonly MeshModel[]): object {
  return { object: 'list', data: models.map(modelRow) }
}

/** One model by its name. Throws `RIPPLE_MODEL_NOT_FOUND`. */
export function modelNamed(models: readonly MeshModel[], name: string): object {
  const found = models.find((model) => model.name === name)
  if (found) return modelRow(found)
  const names = models.map((model) => model.name)
  const nearest = nearestNames(name.slice(0, limits.openai_model_chars_max), names).join(', ')
  throw new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: name, nearest: nearest || 'none' })
}

function modelRow({ name, digest, context_tokens, owned_by, at }: MeshModel): object {
  // The field must be there, and no peer tells when it got a file.
  return { id: name, object: 'model', created: 0, owned_by, ripple: { digest, context_tokens, at } }
}
