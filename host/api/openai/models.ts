/** Lists models in OpenAI's format. */
import { RippleError } from '../../errors/ripple-error.ts'
import { type KnownModel, nameOf, resolveName } from '../../inference/names.ts'
import { limits } from '../../limits.ts'
import type { MeshModel } from '../../types/answer.ts'
import { readPeerModel } from '../../types/peer-model.ts'

/** Returns every model of the mesh, as OpenAI lists them. */
export function modelList(models: readonly MeshModel[]) {
  return { object: 'list', data: models.map(modelRow) }
}

/** Returns one model, by any name under which it may be asked. Throws `RIPPLE_MODEL_NOT_FOUND`. */
export function modelNamed(models: readonly MeshModel[], name: string): object {
  return modelRow(findModel(models, name))
}

/** Finds a model by any name under which it may be asked. Throws `RIPPLE_MODEL_NOT_FOUND`. */
export function findModel(models: readonly MeshModel[], name: string): MeshModel {
  const others = models.filter(({ owned_by }) => owned_by === 'upstream').map((model) => model.name)
  // No name is that long, and the search for similar names takes time with the length.
  const target = resolveName(name.slice(0, limits.openai_model_chars_max), models.filter(isFile), others)
  const digest = target.type === 'model' ? target.model.digest : null
  const listed = nameOf(target)
  const found = models.find((model) => model.name === listed && model.digest === digest)
  if (!found) throw new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: name, nearest: 'none' })
  return found
}

/** Whether a row is that of a file, not of one machine's copy. */
function isFile(model: MeshModel): model is MeshModel & KnownModel {
  return model.digest !== null && model.context_tokens !== null && readPeerModel(model.name) === null
}

function modelRow({ name, digest, context_tokens, owned_by, at }: MeshModel) {
  // `created` is required, and no peer reports when it got a file.
  return { id: name, object: 'model', created: 0, owned_by, ripple: { digest, context_tokens, at } }
}
