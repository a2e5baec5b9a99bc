import { RippleError } from '../../errors/ripple-error.ts'
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

/** The names that differ least from one. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  return names
    .map((other) => ({ other, steps: steps(name.toLowerCase(), other.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps)
    .slice(0, limits.nearest_names_max)
    .map(({ other }) => other)
}

/** How many letters must be put in, taken out or exchanged to make one word of the other (Levenshtein). */
function steps(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [done, letter] of [...from].entries()) {
    const next = [done + 1]
    for (const [index, other] of [...to].entries()) {
      const exchanged = (row[index] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(exchanged, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
