/** Recognises the parts of a split model: a model is offered only as one file, because one sha256 must cover all that runs. */
import { basename } from 'node:path'
import { RippleError } from '../../errors/ripple-error.ts'

/** The names that `llama-gguf-split` gives the parts of a model: the whole's name, the part's number and the count. */
const PART_NAME = /^(?<whole>.+)-(?<no>\d{5})-of-(?<count>\d{5})$/

/** A part of a split model, counted from 1. */
export interface Part {
  readonly no: number
  readonly count: number
}

/** Reads from a file's name which part of a split model it is, and the whole's name; null for any other name. */
export function partByName(file: string): (Part & { readonly whole: string }) | null {
  const { whole = '', no, count } = PART_NAME.exec(basename(file).replace(/\.gguf$/, ''))?.groups ?? {}
  return no === undefined || Number(count) < 2 ? null : { whole, no: Number(no), count: Number(count) }
}

/** Makes the error of a file that is one part of a model. */
export function splitError(file: string, { no, count }: Part): RippleError {
  return new RippleError('RIPPLE_MODEL_SPLIT', { file, no, count })
}

/** Returns the files with only the first part of each split model. The files come in the order of their names. */
export function oneOfEachSplit<T extends { readonly file: string; readonly problem: RippleError | null }>(
  files: readonly T[],
): T[] {
  const taken = new Set<string>()
  return files.filter(({ file, problem }) => {
    const part = problem?.code === 'RIPPLE_MODEL_SPLIT' ? partByName(file) : null
    const key = part === null ? file : `${part.whole} ${part.count}`
    return !taken.has(key) && taken.add(key)
  })
}

/** Whether a name means a file, or the split model that the file is a part of: by the whole's name, or by that of any part. */
export function meansFile(name: string, file: string): boolean {
  const asked = name.toLowerCase().replace(/\.gguf$/, '')
  const own = basename(file, '.gguf')
  const part = partByName(file)
  if (asked === own.toLowerCase()) return true
  if (part === null) return false
  const other = partByName(asked)
  const whole = part.whole.toLowerCase()
  return asked === whole || (other?.whole === whole && other.count === part.count)
}
