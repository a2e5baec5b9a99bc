/** Lists models for people: the catalogue, and the files of the folder, including those that are not offered. */
import { basename, join } from 'node:path'
import type { RippleError } from '../errors/ripple-error.ts'
import { type CatalogueModel, catalogue } from './catalogue.ts'
import { nameOf } from './pick-file.ts'
import type { StoredModel } from './store.ts'

/** A model as people see it: of the catalogue, or a file that they put into the folder. */
export interface ModelEntry {
  readonly name: string
  /** sha256 of the file; empty while it is not known, which is until the first download of an unpinned model. */
  readonly sha256: string
  /** Size of the file; 0 while it is not known. */
  readonly bytes: number
  readonly licence: string
  readonly context_tokens: number
  readonly present: boolean
  readonly path: string | null
  /** Whether its file is here and still being read for its sha256: until then it cannot be run. */
  readonly reading: boolean
  /** The reason why its file is here but not offered; null for every other model. */
  readonly problem: Pick<RippleError, 'code' | 'message' | 'hint'> | null
}

/** A file of the folder that is still being read. */
export interface Unread {
  readonly file: string
  readonly bytes: number
}

/** The files that were found in the folder. */
export interface Found {
  readonly dir: string
  readonly present: readonly StoredModel[]
  readonly unread: readonly Unread[]
  readonly problems: readonly RippleError[]
}

/** Returns the catalogue's models first, then the user's own. */
export function entriesOf(found: Found): ModelEntry[] {
  const names = new Set(catalogue.map((model) => model.name))
  const files = new Set(catalogue.map((model) => model.file))
  return [
    ...catalogue.map((model) => listedEntry(model, found)),
    ...found.present.filter(({ name }) => !names.has(name)).map(ownEntry),
    ...found.unread
      .filter(({ file }) => !files.has(file))
      .map(({ file, bytes }) => ({
        ...absent(nameOf(file)),
        path: join(found.dir, file),
        bytes,
        reading: true,
      })),
    ...found.problems.flatMap((problem) => {
      const file = fileOf(problem)
      return file === null || files.has(file) ? [] : [{ ...absent(nameOf(file)), problem: inWords(problem) }]
    }),
  ]
}

/** Returns the name of the file that an error of the store is about; null where the file is gone. */
export function fileOf({ facts }: RippleError): string | null {
  return facts.file === undefined ? null : basename(String(facts.file))
}

function listedEntry(model: CatalogueModel, { present, unread, problems }: Found): ModelEntry {
  const { name, licence, context_tokens } = model
  const here = present.find((stored) => stored.name === name)
  const reading = unread.find(({ file }) => file === model.file)
  const problem = problems.find((one) => fileOf(one) === model.file)
  const { sha256, bytes } = here ?? model
  return {
    ...{ name, licence, context_tokens, sha256: sha256 ?? '', bytes: bytes ?? reading?.bytes ?? 0 },
    ...{ present: here !== undefined, path: here?.path ?? null, reading: reading !== undefined },
    problem: problem === undefined ? null : inWords(problem),
  }
}

function ownEntry({ name, sha256, bytes, context_tokens, path }: StoredModel): ModelEntry {
  return { ...absent(name), sha256, bytes, context_tokens, path, present: true }
}

function absent(name: string): ModelEntry {
  const unknown = { sha256: '', bytes: 0, licence: 'unknown', context_tokens: 0 }
  return { name, ...unknown, present: false, path: null, reading: false, problem: null }
}

function inWords({ code, message, hint }: RippleError): ModelEntry['problem'] {
  return { code, message, hint }
}
