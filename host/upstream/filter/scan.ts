import { type Finding, findingFamilies } from './finding.ts'
import { personalData } from './personal-data.ts'
import { secretShapes } from './secret-shapes.ts'

/** Shortest own secret that is looked for, in characters: a shorter one stands in any text by chance. */
const OWN_CHARACTERS_MIN = 6

/**
 * Finds what should not leave this machine: secrets of well-known shapes or of these values, and what says who somebody is.
 * Findings are in order and do not overlap. The time is proportional to the text's length, whatever it holds. Pure.
 */
export function scan(text: string, ownSecrets: readonly string[] = []): Finding[] {
  const found = [...own(text, ownSecrets), ...secretShapes(text), ...personalData(text)]
  return joined(found)
}

function* own(text: string, values: readonly string[]): Generator<Finding> {
  for (const value of values) {
    if (value.length < OWN_CHARACTERS_MIN) continue
    for (let start = text.indexOf(value); start >= 0; start = text.indexOf(value, start + value.length))
      yield { kind: 'own_secret', start, end: start + value.length }
  }
}

/** Findings that overlap become one, which is a secret when one of them is. */
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
