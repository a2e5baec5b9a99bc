const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** What a model wrote, of its bytes in UTF-8. A byte order mark at the beginning is part of it, as it is of the digest. Pure. */
export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes)
}
