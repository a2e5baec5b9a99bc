/** Recognises the parts of a split model: a model is offered only as one file, because one sha256 must cover all that runs. */
import { basename } from 'node:path'
import { RippleError } from '../errors/ripple-error.ts'

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

/** Whether a file is a part of a split model of which `parts` have an earlier one. */
export function isLaterPart(file: string, parts: readonly string[]): boolean {
  const own = partByName(file)
  return parts
    .map(partByName)
    .some(
      (one) => own?.whole === one?.whole && own?.count === one?.count && Number(own?.no) > Number(one?.no),
    )
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
