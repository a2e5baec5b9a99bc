/** What the filter looks for, and whether it is a secret or says who somebody is. */
export const findingFamilies = {
  own_secret: 'secrets',
  private_key: 'secrets',
  api_key: 'secrets',
  jwt: 'secrets',
  bearer: 'secrets',
  url_password: 'secrets',
  assignment: 'secrets',
  email: 'pii',
  phone: 'pii',
  iban: 'pii',
  card: 'pii',
  ip: 'pii',
} as const

/** What was found. */
export type FindingKind = keyof typeof findingFamilies

/** Secrets, and personally identifiable information. */
export type Family = (typeof findingFamilies)[FindingKind]

/** A part of a text that should not leave this machine: UTF-16 indices, `end` behind its last. */
export interface Finding {
  readonly kind: FindingKind
  readonly start: number
  readonly end: number
}

/** Findings of a pattern, each where its group `what`, or else the whole match, stands. */
export function* matches(
  text: string,
  kind: FindingKind,
  pattern: RegExp,
  counts: (found: string) => boolean = () => true,
): Generator<Finding> {
  for (const match of text.matchAll(pattern)) {
    const found = match.groups?.what ?? match[0]
    // What a pattern looks for stands at the end of its match.
    const end = match.index + match[0].length
    if (counts(found)) yield { kind, start: end - found.length, end }
  }
}
