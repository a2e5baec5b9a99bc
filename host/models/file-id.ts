/** Recognises names that are a sha256 or a CID of a file. */
import { isNamed } from './catalogue.ts'

/** Most characters of a name that is taken from a peer. */
const NAME_CHARS_MAX = 100

/** Turns a peer's name for a file into a valid file name here. */
export function plainName(given: string): string {
  return given.replaceAll(/[^\w.-]/g, '_').slice(0, NAME_CHARS_MAX)
}

/**
 * Returns the sha256 or the CID that a name is, and null for other names. Such a name identifies the content, not the file's
 * name.
 */
export function fileIdOf(name: string): string | null {
  const sha256 = /^(?:sha256:)?([0-9a-f]{64})$/.exec(name)?.[1]
  return sha256 ?? (/^b[a-z2-7]{50,80}$/.test(name) ? name : null)
}

/** Whether a model matches the name or the sha256 that was asked for. */
export function isAskedFor(
  model: { readonly name: string; readonly sha256: string | null },
  asked: string,
): boolean {
  return isNamed(model, asked) || (model.sha256 !== null && model.sha256 === fileIdOf(asked))
}
