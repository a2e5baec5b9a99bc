/** Finds the entries of the command bar that a person means. */

/** The texts of an entry by which it is found. */
export interface Findable {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly description: string
}

/** Points of a word that is found, by the text in which it stands. */
const POINTS = { title: 4, name: 4, summary: 2, description: 1 } as const
/** The share of the points for a word whose beginning alone was typed. */
const BEGUN = 0.6
/** Letters from which the beginning of a word counts. */
const BEGINNING_MIN = 2
/** The share of the best entry's points below which an entry is left out. */
const SHOWN_SHARE = 0.2

/**
 * Returns the entries that fit the typed words, the best first. A word that few entries have counts more. `meanings` names the
 * words of Ripple for other words of people; `idle` are words without a meaning here.
 */
export function findEntries<T extends Findable>(
  typed: string,
  entries: readonly T[],
  { meanings, idle }: { meanings: Readonly<Record<string, string>>; idle: readonly string[] },
): readonly T[] {
  const asked = wordsOf(typed)
  const heavy = asked.filter((word) => !idle.includes(word))
  const sought = (heavy.length > 0 ? heavy : asked).map((word) => [
    word,
    ...(Object.hasOwn(meanings, word) ? wordsOf(meanings[word] ?? '') : []),
  ])
  if (sought.length === 0) return entries
  const read = entries.map((entry) => ({ entry, texts: textsOf(entry), points: 0 }))
  for (const words of sought) {
    const points = read.map(({ texts }) => Math.max(...words.map((word) => pointsOf(word, texts))))
    const having = points.filter((one) => one > 0).length
    const weight = Math.log(1 + entries.length / (1 + having))
    read.forEach((one, index) => {
      one.points += weight * (points[index] ?? 0)
    })
  }
  const most = Math.max(0, ...read.map(({ points }) => points))
  return read
    .filter(({ points }) => points > 0 && points >= SHOWN_SHARE * most)
    .sort((a, b) => b.points - a.points)
    .map(({ entry }) => entry)
}

type Texts = readonly (readonly [keyof typeof POINTS, readonly string[]])[]

function textsOf({ title, name, summary, description }: Findable): Texts {
  return Object.entries({ title, name, summary, description }).map(
    ([part, text]) => [part as keyof typeof POINTS, wordsOf(text)] as const,
  )
}

function pointsOf(word: string, texts: Texts): number {
  const found = texts.map(([part, words]) => {
    if (words.includes(word)) return POINTS[part]
    const isBegun = word.length >= BEGINNING_MIN && words.some((one) => one.startsWith(word))
    return isBegun ? BEGUN * POINTS[part] : 0
  })
  return Math.max(...found)
}

/** Returns the words of a text in small letters, without the s of a plural. */
export function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return words.map((word) => (word.length > 3 ? word.replace(/(?<=[^s])s$/, '') : word))
}
