/** Lists models for people: the catalogue, and the files of the folder, including those that are not offered. */
import type { RippleError } from '../errors/ripple-error.ts'
import { catalogue } from './catalogue.ts'
import type { IndexedFile } from './folder/folder-index.ts'
import { nameOf } from './folder/pick-file.ts'

/** A model as people see it: of the catalogue, or a file that they put into the folder. */
export interface ModelEntry {
  /** Name of its file in the folder. */
  readonly file: string
  readonly name: string
  /** sha256 of the file; null while it is not known, which is until the first download of an unpinned model. */
  readonly sha256: string | null
  readonly bytes: number | null
  readonly licence: string
  /** Most tokens that it reads; 0 while that is not known. */
  readonly context_tokens: number
  readonly present: boolean
  /** The path of a file that is here and has no problem. */
  readonly path: string | null
  /** Whether its file is here and being indexed: until its sha256 is known, it cannot be run. */
  readonly indexing: boolean
  /** Bytes of an unfinished download that are here. */
  readonly part_bytes: number
  /** The reason why its file is here but not offered; null for every other model. */
  readonly problem: Pick<RippleError, 'code' | 'message' | 'hint'> | null
}

/** An entry of which nothing is known but a name. */
export const unknownEntry = {
  file: '',
  ...{ sha256: null, bytes: null, licence: 'unknown', context_tokens: 0 },
  ...{ present: false, path: null, indexing: false, part_bytes: 0, problem: null },
} as const

/**
 * Returns the catalogue's models first, then the user's own, then files of which only a part is here. `parts` holds the bytes of
 * unfinished downloads by the name of their file.
 */
export function entriesOf(files: readonly IndexedFile[], parts: ReadonlyMap<string, number>): ModelEntry[] {
  const listed = catalogue.map(({ name, file, sha256, bytes, licence, context_tokens }) => ({
    ...{ ...unknownEntry, file, name, sha256, bytes, licence, context_tokens },
    ...foundIn(files.find((one) => one.file === file)),
  }))
  const own = files.filter(({ file }) => !catalogue.some((model) => model.file === file))
  const known = [
    ...listed,
    ...own.map((file) => ({
      ...{ ...unknownEntry, file: file.file, name: nameOf(file.file) },
      context_tokens: file.model?.context_tokens ?? 0,
      ...foundIn(file),
    })),
  ]
  const others = [...parts.keys()].filter((file) => !known.some((entry) => entry.file === file))
  return [...known, ...others.map((file) => ({ ...unknownEntry, file, name: nameOf(file) }))].map(
    (entry) => ({
      ...entry,
      part_bytes: parts.get(entry.file) ?? 0,
    }),
  )
}

/** Returns the facts that a file adds to an entry. */
function foundIn(found: IndexedFile | undefined): Partial<ModelEntry> {
  if (found === undefined) return {}
  const { path, bytes, model, problem } = found
  if (problem !== null) {
    const { code, message, hint } = problem
    return { problem: { code, message, hint } }
  }
  if (model === null) return { path, bytes, indexing: true }
  return { path, bytes, present: true, sha256: model.sha256 }
}
