/** Describes the errors of a zod schema for people. */
import type { z } from 'zod'

/** The error in a value that a schema refused, in words that need no knowledge of zod. */
export interface Flaw {
  /** The field, with dots between its parts; empty for the whole value. */
  readonly field: string
  readonly words: string
}

/** Returns the first error. Pure. */
export function flawOf({ issues }: Pick<z.core.$ZodError, 'issues'>): Flaw {
  const issue = issues[0] && deepest(issues[0])
  if (issue === undefined) return { field: '', words: 'not valid' }
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  return { field: [...issue.path, ...unknown].join('.'), words: wordsOf(issue) }
}

/** Returns the first error as one line. Pure. */
export function describeIssue(error: Pick<z.core.$ZodError, 'issues'>): string {
  const { field, words } = flawOf(error)
  if (field === '') return words
  return words === UNKNOWN ? `${UNKNOWN} '${field}'` : `'${field}': ${words}`
}

/** Returns the issue of the form that the value comes nearest to: this form fails at the longest path. Pure. */
export function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue
  return issue.errors
    .flatMap((form) => form.slice(0, 1))
    .map((first) => deepest({ ...first, path: [...issue.path, ...first.path] }))
    .reduce((best, one) => (one.path.length > best.path.length ? one : best), issue)
}

const UNKNOWN = 'unknown field'

/** The beginnings of zod's own messages. Any other message is a schema's own text, which is better. */
const ZODS_OWN = /^(Invalid |Too |Unrecognized )/

/** Describes one issue, without its field. Pure. */
export function wordsOf(issue: z.core.$ZodIssue): string {
  if (!ZODS_OWN.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.endsWith('received undefined')) return 'missing'
      return `not ${kinds[issue.expected] ?? `a value of type ${issue.expected}`}`
    case 'too_small':
      if (issue.minimum === 1 && issue.origin in units) return 'empty'
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${amount(issue.minimum, issue.origin)}`
    case 'too_big':
      // zod's bound for integers is the largest that JavaScript counts exactly. It says nothing about the field.
      if (issue.maximum === Number.MAX_SAFE_INTEGER) return 'too large'
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${amount(issue.maximum, issue.origin)}`
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`
    case 'invalid_format':
      return issue.pattern === undefined
        ? `not a valid ${issue.format}`
        : `not of the form ${issue.pattern.replace(/^\/|\/[a-z]*$/g, '')}`
    case 'unrecognized_keys':
      return UNKNOWN
    case 'invalid_union':
      return 'in none of the forms that it may have'
    default:
      return issue.message
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

const units: Readonly<Record<string, string>> = { string: ' characters', array: ' items', set: ' items' }

function amount(bound: number | bigint, origin: string): string {
  return `${bound}${units[origin] ?? ''}`
}
