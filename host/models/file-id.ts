/** A sha256 or a CID, where the name is one: then it means what is in the file, whatever that is called. */
export function fileIdOf(name: string): string | null {
  const sha256 = /^(?:sha256:)?([0-9a-f]{64})$/.exec(name)?.[1]
  return sha256 ?? (/^b[a-z2-7]{50,80}$/.test(name) ? name : null)
}
