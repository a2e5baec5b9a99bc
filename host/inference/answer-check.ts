/** Checks whole answers against the JSON schemas that they were asked for, with ajv. */
import { runInNewContext } from 'node:vm'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { boundSchemas } from '../engine/grammar/answer.ts'
import { formatChecks } from '../engine/grammar/formats.ts'
import { patternOf, plainSchema } from '../engine/grammar/plain-schema.ts'
import { shapeOfSchema } from '../engine/grammar/schema.ts'
import { messageOf } from '../errors/message-of.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { AnswerEnd, Ask } from '../types/answer.ts'
import type { Json } from '../types/json.ts'
import { callableTools, readToolAnswer } from '../types/tool-answer.ts'

/** The check of the whole answer to an ask. */
export interface AnswerCheck {
  /** Whether a grammar already enforces all of the schema, so that the text may be shown before it is whole. */
  readonly isHeld: boolean
  /** Returns why an answer does not fit, in words for people, or null if it fits. */
  flawOf(end: Pick<AnswerEnd, 'text' | 'finish'>): string | null
}

type Check = (value: unknown) => string | null
type Checked = Pick<Ask, 'input' | 'format' | 'stop' | 'strict_tools'>

/**
 * Makes the check of an ask with a schema or with `strict` tools; null for any other ask. An answer that was cut short is not
 * checked. Throws `RIPPLE_BODY_INVALID` for a schema that cannot be checked.
 */
export function answerCheck(ask: Checked): AnswerCheck | null {
  const { input, format, stop, strict_tools } = ask
  const offered = callableTools(input)
  const strict = offered.filter(({ name }) => strict_tools?.includes(name))
  if (format.type !== 'schema' && strict.length === 0) return null
  boundSchemas(format, strict)
  const content = format.type === 'schema' ? checkOf(format.schema, 'format') : null
  const calls = new Map(strict.map(({ name, parameters }) => [name, checkOf(parameters, 'tools')]))
  const schemas = [
    ...strict.map(({ parameters }) => parameters),
    ...(format.type === 'schema' ? [format.schema] : []),
  ]
  return {
    isHeld: schemas.every((schema) => shapeOfSchema(schema).unheld.length === 0),
    flawOf: ({ text, finish }) => {
      if (finish === 'length') return null
      if (offered.length === 0) return content && flawOfText(text, content, stop.length > 0)
      const said = readToolAnswer(text, finish)
      for (const call of said?.calls ?? []) {
        const check = calls.get(call.name)
        const flaw = check ? flawOfText(call.arguments, check, false) : null
        if (flaw !== null) return `the arguments of ${call.name}: ${flaw}`
      }
      const given = said?.content ?? null
      return content === null || given === null || (said?.calls.length ?? 0) > 0
        ? null
        : flawOfText(given, content, stop.length > 0)
    },
  }
}

/** `isStopped`: a stop word may have cut the document short. */
function flawOfText(text: string, check: Check, isStopped: boolean): string | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return isStopped ? null : 'it is not JSON'
  }
  return check(value)
}

/**
 * Makes the check of a schema. ajv compiles the schema, and a pattern may take exponential time. Both run under a deadline, so no
 * schema can hold up the daemon for longer.
 */
function checkOf(given: Json, param: string): Check {
  const { schema } = plainSchema(given)
  // A new instance for each schema, because an instance keeps all that it has compiled.
  const ajv = new Ajv2020({
    ...{
      strict: false,
      validateSchema: false,
      meta: false,
      logger: false,
      ownProperties: true,
      allErrors: true,
    },
    ...{ multipleOfPrecision: 4, formats: { ...formatChecks } },
    code: { regExp: Object.assign((pattern: string) => patternOf(pattern) ?? /(?:)/, { code: 'patternOf' }) },
  })
  const made = inTime(limits.schema_compile_ms, () => ajv.compile(schema as object | boolean))
  if ('flaw' in made)
    throw new RippleError('RIPPLE_BODY_INVALID', {
      detail: `the schema cannot be checked: ${made.flaw}`,
      param,
    })
  return (value) => {
    const found = inTime(limits.answer_check_ms, () => made.value(value))
    if ('flaw' in found) return `its check failed: ${found.flaw}`
    if (found.value) return null
    const [error] = made.value.errors ?? []
    return `${error?.instancePath || 'the whole of it'} ${error?.message ?? 'does not fit the schema'}`
  }
}

/** Runs a function for at most `timeout` milliseconds. */
function inTime<T>(timeout: number, run: () => T): { readonly value: T } | { readonly flaw: string } {
  try {
    let value: { readonly value: T } | null = null
    const step = (): void => {
      value = { value: run() }
    }
    runInNewContext('step()', { step }, { timeout })
    return value ?? { flaw: 'it gave nothing' }
  } catch (thrown) {
    return { flaw: messageOf(thrown) }
  }
}
