/** Checks the bodies of requests, and names wrong and ignored fields. */
import { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { deepest, wordsOf } from '../../types/text/describe-issue.ts'

/** A parsed request. */
export interface Parsed<T> {
  readonly data: T
  /**
   * Paths of its ignored fields. Programs made for OpenAI send such fields by habit (`store`, `metadata`, `service_tier`), so
   * they are not refused. The answer names them, so that nobody is misled.
   */
  readonly ignored: readonly string[]
}

/**
 * Reads the body of a request. `idle` returns fields of the schema that this request does not use. Throws `RIPPLE_BODY_INVALID`,
 * whose facts name the field (`param`) and OpenAI's code for its error (`reason`).
 */
export function parseBody<S extends z.ZodObject>(
  schema: S,
  body: unknown,
  idle: (data: z.output<S>) => readonly string[] = () => [],
): Parsed<z.output<S>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new RippleError('RIPPLE_BODY_INVALID', { detail: 'the body is not a JSON object' })
  const found = flaw(body, limits.openai_depth_max)
  if (found) throw fieldError(pathText(found.path).toWellFormed(), found.detail)
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw refusal(parsed.error.issues, body)
  const unused = idle(parsed.data)
  const isUnknown = (name: string) => !Object.hasOwn(schema.shape, name) && Reflect.get(body, name) !== null
  const ignored = Object.keys(body).filter((name) => isUnknown(name) || unused.includes(name))
  for (const name of Object.keys(schema.shape)) addUnread(body, parsed.data, name, '', ignored)
  return { data: parsed.data, ignored: ignored.slice(0, limits.openai_ignored_max) }
}

/**
 * Adds the paths of ignored fields within a field, such as `messages.0.cache_control`. A field that is null asks for nothing, so
 * it is not named.
 */
function addUnread(given: object, read: object, name: string, path: string, ignored: string[]): void {
  const [before, after]: unknown[] = [Reflect.get(given, name), Reflect.get(read, name)]
  if (ignored.length >= limits.openai_ignored_max || !isComposite(before) || !isComposite(after)) return
  for (const inner of Object.keys(before)) {
    const at = `${path}${name}.${inner}`
    if (Object.hasOwn(after, inner)) addUnread(before, after, inner, `${path}${name}.`, ignored)
    else if (Reflect.get(before, inner) !== null && ignored.length < limits.openai_ignored_max)
      ignored.push(at)
  }
}

function isComposite(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Returns an error in a field, as `RIPPLE_BODY_INVALID`. */
export function fieldError(param: string, detail: string, reason = 'invalid_value'): RippleError {
  return new RippleError('RIPPLE_BODY_INVALID', { detail: `'${param}': ${detail}`, param, reason })
}

/** Makes a field that accepts only values without effect. Other values are refused, because ignoring them would mislead. */
export function unsupported(asksNothing: (value: unknown) => boolean, why: string) {
  return z
    .unknown()
    .superRefine((value, context) => {
      if (value === null || asksNothing(value)) return
      context.addIssue({
        code: 'custom',
        message: why,
        params: { reason: 'unsupported_value' },
        input: value,
      })
    })
    .optional()
}

/** Makes a list of `min` to `max` items. The items of a longer list are not read. */
export function listOf<S extends z.ZodType>(item: S, max: number, min = 1) {
  return z.array(z.unknown()).min(min).max(max).pipe(z.array(item))
}

/** Throws if a field contains tokens, which belong to another model. `fix` names the client's setting. */
export function refuseTokens(body: unknown, name: string, fix: string): void {
  const given: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  if (!Array.isArray(given)) return
  const at = given.findIndex((one) => typeof one === 'number' || Array.isArray(one))
  if (at < 0) return
  const words = `it must be text: tokens belong to one model: ${fix}`
  throw fieldError(`${name}[${at}]`, words, 'invalid_type')
}

interface Flaw {
  readonly path: readonly PropertyKey[]
  readonly detail: string
}

/** Finds nesting so deep that later readers would exhaust the stack, and text that UTF-8 cannot encode. */
function flaw(value: unknown, depth: number): Flaw | null {
  if (typeof value === 'string')
    return value.isWellFormed() ? null : { path: [], detail: 'half a surrogate pair is not text' }
  if (typeof value !== 'object' || value === null) return null
  if (depth === 0) return { path: [], detail: `nested deeper than ${limits.openai_depth_max}` }
  for (const name of Object.keys(value)) {
    const found = name.isWellFormed()
      ? flaw(Reflect.get(value, name), depth - 1)
      : { path: [], detail: 'a name that is not text' }
    if (found) return { ...found, path: [Array.isArray(value) ? Number(name) : name, ...found.path] }
  }
  return null
}

function refusal(issues: readonly z.core.$ZodIssue[], body: object): RippleError {
  const issue = issues[0] && deepest(issues[0])
  if (issue === undefined) return new RippleError('RIPPLE_BODY_INVALID', { detail: 'not valid' })
  const param = pathText(issue.path)
  const isType = issue.code === 'invalid_type' || issue.code === 'invalid_union'
  if (isType && valueAt(body, issue.path) === undefined)
    return fieldError(param, 'missing', 'missing_required_parameter')
  const named = issue.code === 'custom' ? issue.params?.reason : undefined
  const reason = typeof named === 'string' ? named : isType ? 'invalid_type' : undefined
  return fieldError(param, wordsOf(issue), reason)
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
    body,
  )
}

/** Returns a path as OpenAI writes it: `messages[0].content`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((name, index) =>
      typeof name === 'number' ? `[${name}]` : `${index === 0 ? '' : '.'}${String(name)}`,
    )
    .join('')
}
