/** Finds the models in the files of a folder. */
import { join } from 'node:path'
import { RippleError } from '../errors/ripple-error.ts'
import { catalogue } from './catalogue.ts'
import type { IndexedFile } from './folder-index.ts'
import { corrupt } from './inspect.ts'
import { nameOf } from './pick-file.ts'
import { isLaterPart, splitError } from './split.ts'

/** A model whose file is here and has been checked. */
export interface StoredModel {
  readonly name: string
  /** sha256 of the file, lower-case hex. */
  readonly sha256: string
  readonly path: string
  readonly bytes: number
  /**
   * Time of the file's last change before its sha256 was read, in milliseconds since 1970. A file that has changed since is
   * another model.
   */
  readonly mtime_ms?: number
  /** Most tokens that it reads. */
  readonly context_tokens: number
  readonly chat_template: 'own' | 'none'
}

/** A file of the folder, with the model in it or the reason why it is not offered; with neither while it is being indexed. */
export interface ModelFile extends Pick<IndexedFile, 'file' | 'bytes' | 'sha256'> {
  /** Name of the model. */
  readonly name: string
  readonly model: StoredModel | null
  readonly problem: RippleError | null
}

/** Returns the files with their models. Of a split model, it returns only the first part that is here. */
export function modelFiles(dir: string, files: readonly IndexedFile[]): ModelFile[] {
  const all = files.map((indexed): ModelFile => {
    const { file, bytes, sha256 } = indexed
    const found = modelIn(dir, indexed)
    const isProblem = found instanceof RippleError
    const result = { model: isProblem ? null : found, problem: isProblem ? found : null }
    return { file, bytes, sha256, name: nameOf(file), ...result }
  })
  const parts = all.filter(({ problem }) => problem?.code === 'RIPPLE_MODEL_SPLIT').map(({ file }) => file)
  return all.filter(({ file }) => !parts.includes(file) || !isLaterPart(file, parts))
}

function modelIn(dir: string, indexed: IndexedFile): StoredModel | RippleError | null {
  if (indexed.state !== 'indexed') return indexed.state === 'failed' ? indexed.error : null
  const { file, sha256, bytes, mtime_ms, head } = indexed
  const path = join(dir, file)
  const listed = catalogue.find((model) => model.file === file)
  const as = ({ context_tokens, chat_template }: Pick<StoredModel, 'context_tokens' | 'chat_template'>) => ({
    ...{ name: nameOf(file), sha256, path, bytes, mtime_ms, context_tokens, chat_template },
  })
  if (listed !== undefined && listed.sha256 !== null)
    return sha256 === listed.sha256
      ? as(listed)
      : new RippleError('RIPPLE_MODEL_CHECKSUM', { file: path, found: sha256, wanted: listed.sha256 })
  // Its sha256 is not pinned, so only its head shows what it is.
  if (head?.type === 'part') return splitError(path, head)
  return head?.type === 'head' ? as(listed ?? head) : corrupt(path, head?.detail ?? 'its head was not read')
}
