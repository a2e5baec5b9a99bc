/** Decodes the text of a model. */

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Decodes a model's text from UTF-8. A byte order mark at the beginning is part of it, as in the digest. Pure. */
export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes)
}
