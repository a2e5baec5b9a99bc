/** Finds secrets and personal data in a text. */
import { type Finding, findingFamilies } from './finding.ts'
import { personalData } from './personal-data.ts'
import { secretShapes } from './secret-shapes.ts'

/** The fewest characters of an own secret that is searched for: a shorter one stands in any text by chance. */
const OWN_CHARACTERS_MIN = 6

/**
 * Finds data that should not leave this machine: these values, secrets of well-known shapes, and personal data. Findings are
 * in order and do not overlap. The time is proportional to the text's length, whatever the text holds. Pure.
 */
export function scan(text: string, ownSecrets: readonly string[] = []): Finding[] {
  return joined([...own(text, ownSecrets), ...shapes(text)])
}

/**
 * Finds data by its shape, both in the text as it is read and in the unchanged text: a path such as `C:\new` holds no line
 * break. If both find the same, the finding without a letter of an escape in front counts.
 */
function shapes(text: string): Finding[] {
  const read = asRead(text)
  const found = [...secretShapes(read), ...personalData(read)]
  if (read === text) return found
  const seen = new Set(found.map(({ kind, end }) => `${kind} ${end}`))
  for (const one of [...secretShapes(text), ...personalData(text)]) {
    if (seen.has(`${one.kind} ${one.end}`)) continue
    found.push({ ...one, start: escapeBegin(text, read, one.start) })
  }
  return found
}

/** Returns the beginning of the escape around an index, or else the index: a mask after a lone backslash is invalid JSON. */
function escapeBegin(text: string, read: string, index: number): number {
  // Escapes are ASCII. Another character was read as a space or hyphen, and stands alone.
  if (text.charCodeAt(index) > ASCII_MAX) return index
  let begin = index
  while (begin > 0 && read[begin] !== text[begin] && text[begin] !== '\\') begin -= 1
  if (begin < index) while (text[begin - 1] === '\\') begin -= 1
  return begin
}

const ASCII_MAX = 127

/** Non-breaking, thin, wide and zero-width spaces. */
const spaces = '\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff'
/** Non-breaking and soft hyphens, dashes as wide as a digit, and minus. */
const hyphens = '\u00ad\u2010-\u2013\u2212\ufe63\uff0d'
const unread = new RegExp(`\\\\(?:[nrtbfv]|u[0-9a-fA-F]{4})|[${spaces}${hyphens}]`, 'g')
const isHyphen = new RegExp(`[${hyphens}]`)

/**
 * Returns the text with line breaks and tabs in place of JSON's escapes, so that the `n` of a line break is no letter in
 * front of a key. Other spaces and hyphens become those that numbers are written with. Indices stay the same.
 */
function asRead(text: string): string {
  return text.replace(unread, (found) => {
    if (found.length === 1) return isHyphen.test(found) ? '-' : ' '
    return (found === '\\t' ? '\t' : '\n').repeat(found.length)
  })
}

function* own(text: string, values: readonly string[]): Generator<Finding> {
  for (const value of values) {
    if (value.length < OWN_CHARACTERS_MIN) continue
    for (let start = text.indexOf(value); start >= 0; start = text.indexOf(value, start + value.length))
      yield { kind: 'own_secret', start, end: start + value.length }
  }
}

/** Joins overlapping findings into one, which is a secret if one of them is. */
function joined(found: readonly Finding[]): Finding[] {
  const inOrder = [...found].sort((a, b) => a.start - b.start || b.end - a.end)
  const result: Finding[] = []
  for (const one of inOrder) {
    const before = result.at(-1)
    if (!before || one.start >= before.end) result.push(one)
    else result[result.length - 1] = both(before, one)
  }
  return result
}

function both(before: Finding, one: Finding): Finding {
  const kind = [before.kind, one.kind].find((each) => findingFamilies[each] === 'secrets') ?? before.kind
  return { kind, start: before.start, end: Math.max(before.end, one.end) }
}
