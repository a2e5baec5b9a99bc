import { RippleError } from '../errors/ripple-error.ts'
import { catalogue, findModel } from './catalogue.ts'

/** What the model of a file of the folder is called: as the catalogue has it, or as the file without its ending. */
export function nameOf(file: string): string {
  return catalogue.find((model) => model.file === file)?.name ?? file.slice(0, -'.gguf'.length)
}

/**
 * The file that a name means, of those that may be meant: a file or a model of just that name, else the only one whose name differs
 * in case alone; where there is none, that of the catalogue's model. Throws `RIPPLE_MODEL_AMBIGUOUS` where several may be meant,
 * since it may be thrown away, and `RIPPLE_MODEL_UNKNOWN`.
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
