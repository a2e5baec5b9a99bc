/** Describes the model in a file of the folder. */
import { RippleError } from '../../errors/ripple-error.ts'
import { catalogue } from '../catalogue.ts'
import { corrupt } from '../inspect/inspect.ts'
import { splitError } from '../inspect/split.ts'
import type { Note } from './notes.ts'
import { nameOf } from './pick-file.ts'

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

/** The facts about a file of a models folder, as far as they are known. They hold while its size and time stay the same. */
export interface FileFacts extends Pick<Note, 'bytes' | 'mtime_ms'> {
  /** Its name in the folder. */
  readonly file: string
  readonly path: string
  readonly sha256: string | null
  /** Its head; null before it was inspected. */
  readonly head: Note['head']
}

/** Returns the model in a file, or the reason why it is not offered as one; null while too little is known of it. */
export function modelIn({
  file,
  path,
  bytes,
  mtime_ms,
  sha256,
  head,
}: FileFacts): StoredModel | RippleError | null {
  if (sha256 === null) return null
  const listed = catalogue.find((model) => model.file === file)
  const as = ({ context_tokens, chat_template }: Pick<StoredModel, 'context_tokens' | 'chat_template'>) => ({
    ...{ name: nameOf(file), sha256, path, bytes, mtime_ms, context_tokens, chat_template },
  })
  if (listed !== undefined && listed.sha256 !== null)
    return sha256 === listed.sha256
      ? as(listed)
      : new RippleError('RIPPLE_MODEL_CHECKSUM', { file: path, found: sha256, wanted: listed.sha256 })
  // Its sha256 is not pinned, so only its head shows what it is.
  if (head === null) return null
  if (head.type === 'part') return splitError(path, head)
  return head.type === 'head' ? as(listed ?? head) : corrupt(path, head.detail)
}
