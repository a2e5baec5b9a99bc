/** Narrows a verb's input to the values that a request in plain words can mean. */
import { type Field, fieldsOf, milliseconds } from '../../../host/ui/bar/form-fields.ts'
import { wordsOf } from '../../../host/ui/bar/match.ts'
import type { Schema, Verb } from '../../../host/ui/bar/verbs.ts'

/**
 * Returns the input as a schema whose values are copied from the request, so that a model can invent none: its words for a
 * text, its numbers, its last words or quoted ones for a prompt. An optional field is there only if the request has a word of
 * it; it must be there if the request has one of its values.
 */
export function narrowed(request: string, { name, input }: Verb, idle: readonly string[]): Schema {
  const needless = [...idle, ...wordsOf(name)]
  const said = wordsOf(request).filter((word) => !needless.includes(word))
  const kept = fieldsOf(input).flatMap((field) => {
    const values = field.among.filter((one) => wordsOf(one).every((word) => said.includes(word)))
    const meant = values.length === 0 ? field : { ...field, required: true, among: values }
    const schema = valueSchema(meant, request)
    const isMeant =
      meant.required ||
      isNamed(field, said) ||
      (request.includes('/') && isPath(input.properties?.[field.name]))
    return schema === null || !isMeant ? [] : [{ field: meant, schema }]
  })
  return {
    type: 'object',
    properties: Object.fromEntries(kept.map(({ field, schema }) => [field.name, schema])),
    required: kept.filter(({ field }) => field.required).map(({ field }) => field.name),
    additionalProperties: false,
  }
}

/** Whether a request names a field: by its name or one of its values, a yes or no also by its description. */
function isNamed({ name, kind, about, among }: Field, said: readonly string[]): boolean {
  const own = wordsOf([name.replaceAll('_', ' '), ...among, kind === 'check' ? about : ''].join(' '))
  return said.some((word) => own.some((one) => isAlike(word, one)))
}

/** Whether a field takes the path of a file. */
function isPath(schema: Schema | undefined): boolean {
  return [schema, ...(schema?.anyOf ?? [])].some((form) => form?.pattern?.startsWith('^\\/'))
}

/** Letters that two words share at their beginning to be forms of one word, such as `redact` and `redacted`. */
const ALIKE_MIN = 5

function isAlike(one: string, other: string): boolean {
  if (one === other) return true
  const [short = '', long = ''] = [one, other].sort((a, b) => a.length - b.length)
  return short.length >= ALIKE_MIN && long.startsWith(short)
}

/** Returns the schema of a field's value; null if the request holds none. */
function valueSchema({ kind, among, about }: Field, request: string): Schema | null {
  const of = (values: readonly unknown[]): Schema | null =>
    values.length === 0 ? null : { enum: [...new Set(values)], description: about }
  if (kind === 'check') return { type: 'boolean', description: about }
  if (kind === 'choice') return of(among)
  if (kind === 'choices') return { type: 'array', items: { enum: among }, minItems: 1, description: about }
  if (kind === 'number') return of(numbersIn(request))
  if (kind === 'duration') return of(timesIn(request))
  if (kind === 'lines') return of(endsOf(request))
  if (kind === 'text') return of(tokensOf(request))
  return kind === 'list' ? { type: 'array', items: { enum: tokensOf(request) }, description: about } : null
}

/** Returns the words of a request as they stand there, without the marks around them. */
function tokensOf(request: string): string[] {
  return request
    .split(/\s+/)
    .map((word) => word.replace(/^["'`(]+|["'`),.;:?!]+$/g, ''))
    .filter((word) => word !== '')
}

function numbersIn(request: string): number[] {
  return tokensOf(request)
    .filter((word) => /^\d+(\.\d+)?$/.test(word))
    .map(Number)
}

function timesIn(request: string): number[] {
  return [...request.matchAll(/\d+(?:\.\d+)?\s*(?:ms|s|m|min|h|d)\b/gi)].flatMap(
    ([time]) => milliseconds(time) ?? [],
  )
}

/** Returns what a prompt can be: quoted words, and each end of the request. */
function endsOf(request: string): string[] {
  const quoted = [...request.matchAll(/["'“‘]([^"'“”‘’]+)["'”’]/g)].map(([, text = '']) => text)
  const starts = [...request.matchAll(/\S+/g)].map(({ index }) => index)
  return [...quoted, ...starts.map((start) => request.slice(start))]
}
