/** Finds the file of the models folder that a name means. */
import { RippleError } from '../../errors/ripple-error.ts'
import { catalogue, findModel } from '../catalogue.ts'

/** Returns the name of the model in a file of the folder: the catalogue's name, or the file's name without its ending. */
export function nameOf(file: string): string {
  return catalogue.find((model) => model.file === file)?.name ?? file.slice(0, -'.gguf'.length)
}

/**
 * Returns the file that a name means: a file or a model of exactly that name, else the only one that differs in case alone.
 * If there is none, it is the file of the catalogue's model. Throws `RIPPLE_MODEL_UNKNOWN`, and `RIPPLE_MODEL_AMBIGUOUS`
 * where the name may mean several files, since the file may be deleted.
 */
export function pickFile(name: string, files: readonly string[]): string {
  const lower = name.toLowerCase()
  const ways: ReadonlyArray<(file: string) => boolean> = [
    (file) => file === name,
    (file) => nameOf(file) === name,
    (file) => [file, nameOf(file)].some((one) => one.toLowerCase() === lower),
  ]
  for (const way of ways) {
    const [found, ...more] = [...new Set(files)].filter(way)
    if (more.length > 0) throw ambiguous(name, [found ?? '', ...more])
    if (found !== undefined) return found
  }
  return (catalogue.find((model) => model.file === name) ?? findModel(name)).file
}

function ambiguous(model: string, files: readonly string[]): RippleError {
  return new RippleError('RIPPLE_MODEL_AMBIGUOUS', { model, files: [...files].sort().join(', ') })
}
