/** Counts the characters of texts that match a pattern and have a minimum and maximum length. */
import { limits } from '../../limits.ts'
import type { Bounds, Place } from './json-shape.ts'
import { bodyOf, type Matched } from './pattern.ts'

/** One character, and the patterns after it. */
interface Step {
  readonly chars: string
  readonly rest: readonly Matched[]
}

/** Makes the places of texts for one schema. Their number is bounded, because they become rules of its grammar. */
export class CountedTexts {
  #left: number = limits.schema_counted_chars_max
  readonly #known = new Map<string, Place | null>()

  /**
   * Returns the first place of the texts that match and have such a length; null where there are none, or too many places.
   * The cost grows with the maximum length times the parts of the pattern.
   */
  first(matched: Matched, { min, max }: Bounds): Place | null {
    const key = `${min} ${max} ${bodyOf(matched)}`
    if (!this.#known.has(key)) {
      // One text gets half of the characters that are left, so that a long text leaves some for the next.
      const share = Math.floor(this.#left / 2)
      const counter = new Counter(share)
      const place = counter.place([matched], min, max)
      this.#left -= share - Math.max(0, counter.left)
      this.#known.set(key, counter.left < 0 ? null : place)
    }
    return this.#known.get(key) ?? null
  }
}

class Counter {
  /** Characters that the rules may still have; the counter stops below zero. */
  left: number
  readonly #places = new Map<string, Place | null>()

  constructor(left: number) {
    this.left = left
  }

  /** Returns the place before `rest`, where `min` to `max` characters must follow; null where that is impossible. */
  place(rest: readonly Matched[], min: number, max: number | null): Place | null {
    const key = `${min} ${max} ${rest.map(bodyOf).join(' ')}`
    const known = this.#places.get(key)
    if (known !== undefined || this.left < 0) return known ?? null
    const next: Place['next'][number][] = []
    const place: Place = { ends: min === 0 && rest.every(canBeEmpty), next }
    // Without a maximum length a place can lead back to itself.
    this.#places.set(key, place)
    for (const step of max === 0 ? [] : steps(rest, max)) {
      const after = this.place(step.rest, Math.max(0, min - 1), max === null ? null : max - 1)
      if (after !== null) next.push({ chars: step.chars, place: after })
      this.left -= step.chars.length + RULE_NAME_CHARS
    }
    const found = place.ends || next.length > 0 ? place : null
    this.#places.set(key, found)
    return found
  }
}

/** Characters that a rule's name takes, with the space around it. */
const RULE_NAME_CHARS = 8

function canBeEmpty(matched: Matched): boolean {
  switch (matched.type) {
    case 'char':
      return false
    case 'sequence':
      return matched.parts.every(canBeEmpty)
    case 'either':
      return matched.choices.some(canBeEmpty)
    case 'times':
      return matched.min === 0 || canBeEmpty(matched.of)
  }
}

/** Returns the possible first characters of a sequence, of which at most `max` follow; null means without bound. */
function steps([first, ...rest]: readonly Matched[], max: number | null): readonly Step[] {
  if (first === undefined) return []
  const here = stepsOf(first, max).map((step) => ({ chars: step.chars, rest: [...step.rest, ...rest] }))
  return canBeEmpty(first) ? [...here, ...steps(rest, max)] : here
}

function stepsOf(matched: Matched, max: number | null): readonly Step[] {
  switch (matched.type) {
    case 'char':
      return [{ chars: matched.chars, rest: [] }]
    case 'sequence':
      return steps(matched.parts, max)
    case 'either':
      return matched.choices.flatMap((choice) => stepsOf(choice, max))
    case 'times': {
      const { of } = matched
      const min = canBeEmpty(of) ? 0 : Math.max(0, matched.min - 1)
      // A bound beyond the remaining characters has no effect, and without it there are fewer places.
      const isOpen = matched.max === null || (max !== null && matched.max > max)
      const most = isOpen ? null : (matched.max ?? 0) - 1
      const again: readonly Matched[] = most === 0 ? [] : [{ type: 'times', of, min, max: most }]
      return stepsOf(of, max).map(({ chars, rest }) => ({ chars, rest: [...rest, ...again] }))
    }
  }
}
