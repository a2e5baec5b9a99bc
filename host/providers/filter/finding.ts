/** Defines the findings of the filter and finds them by patterns. */

/** The kinds of findings, each a secret or personal data. */
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

/** The kind of a finding. */
export type FindingKind = keyof typeof findingFamilies

/** The family of a finding: secrets, or personally identifiable information. */
export type Family = (typeof findingFamilies)[FindingKind]

/** A part of a text that should not leave this machine, in UTF-16 indices; `end` is exclusive. */
export interface Finding {
  readonly kind: FindingKind
  readonly start: number
  readonly end: number
}

/** Yields the findings of a pattern: its group `what`, or else the whole match. */
export function* matches(
  text: string,
  kind: FindingKind,
  pattern: RegExp,
  counts: (found: string) => boolean = () => true,
): Generator<Finding> {
  for (const match of text.matchAll(pattern)) {
    const found = match.groups?.what ?? match[0]
    // The finding stands at the end of its match.
    const end = match.index + match[0].length
    if (counts(found)) yield { kind, start: end - found.length, end }
  }
}
