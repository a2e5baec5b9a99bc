import { isNamed } from './catalogue.ts'

/** Longest name that is taken over from a peer, in characters. */
const NAME_CHARS_MAX = 100

/** A name that a peer gave a file, as the name of a file here. */
export function plainName(given: string): string {
  return given.replaceAll(/[^\w.-]/g, '_').slice(0, NAME_CHARS_MAX)
}

/** A sha256 or a CID, where the name is one: then it means what is in the file, whatever that is called. */
export function fileIdOf(name: string): string | null {
  const sha256 = /^(?:sha256:)?([0-9a-f]{64})$/.exec(name)?.[1]
  return sha256 ?? (/^b[a-z2-7]{50,80}$/.test(name) ? name : null)
}

/** Whether a model is what somebody asked for: by its name, or by the sha256 of its file. */
export function isAskedFor(
  model: { readonly name: string; readonly sha256: string | null },
  asked: string,
): boolean {
  return isNamed(model, asked) || (model.sha256 !== null && model.sha256 === fileIdOf(asked))
}
