/** Defines Ripple's error with its code, and turns any thrown value into it. */
import { z } from 'zod'
import { fileReason } from './file-reason.ts'
import { messageOf } from './message-of.ts'
import { type ErrorCode, errors } from './table.ts'

/** The fields that an error has in Ripple's format and in OpenAI's. */
export const errorFields = {
  message: z.string().describe('the problem, as one sentence'),
  hint: z.string().describe('the next step'),
  facts: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .describe('the facts of the message'),
}
const errorBody = z.object({
  error: z.object({
    code: z.string(),
    /** Ripple's code in an error of OpenAI's format, whose `code` is OpenAI's. */
    ripple_code: z.string().optional(),
    ...errorFields,
  }),
})

/** The facts of an error: short values that fill its message and travel with it. Never secrets. */
export type Facts = Readonly<z.output<typeof errorFields.facts>>
/** The document of an error. */
export type ErrorBody = z.output<typeof errorBody>

/** The only error that Ripple throws on purpose: a stable code, the facts, and the words made from both. */
export class RippleError extends Error {
  override readonly name = 'RippleError'
  readonly code: ErrorCode
  readonly facts: Facts
  readonly hint: string

  constructor(code: ErrorCode, facts: Facts = {}, options: ErrorOptions = {}) {
    super(fill(errors[code].message, facts), options)
    this.code = code
    this.facts = facts
    this.hint = fill(errors[code].hint, facts)
  }

  /** HTTP status of this error. */
  get http(): number {
    return errors[this.code].http
  }

  /** Exit code of this error. */
  get exit(): number {
    return errors[this.code].exit
  }

  /** Returns the document that the API and `--json` show. */
  toJSON(): { error: { code: ErrorCode; message: string; hint: string; facts: Facts } } {
    return { error: { code: this.code, message: this.message, hint: this.hint, facts: this.facts } }
  }
}

/**
 * Returns the error in a daemon's answer; null without one. A code that only a newer daemon knows becomes
 * `RIPPLE_INTERNAL`.
 */
export function readError(answer: unknown): RippleError | null {
  const parsed = errorBody.safeParse(answer)
  if (!parsed.success) return null
  const { code, ripple_code: own = code, message, facts } = parsed.data.error
  return Object.hasOwn(errors, own)
    ? new RippleError(own as ErrorCode, facts)
    : new RippleError('RIPPLE_INTERNAL', { detail: `${message} [${own}]` })
}

function fill(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (_whole, name: string) => String(facts[name] ?? `?${name}`))
}

/** The file system's codes for a place where this user may not write. */
const UNWRITABLE = ['EACCES', 'EROFS']
/** SQLite's result code for a full disk; the upper bits have details. */
const SQLITE_FULL = 13

/**
 * Turns any thrown value into a `RippleError`, with that value as the cause. If Node wraps the reason of an aborted signal in
 * an error of its own, the reason is used.
 */
export function toRippleError(thrown: unknown): RippleError {
  if (thrown instanceof RippleError) return thrown
  if (thrown instanceof Error && thrown.name === 'AbortError' && thrown.cause instanceof RippleError)
    return thrown.cause
  const { code, path, errcode = 0 } = (thrown ?? {}) as Partial<NodeJS.ErrnoException & { errcode: number }>
  const detail = messageOf(thrown)
  if (code === 'ENOSPC' || (code === 'ERR_SQLITE_ERROR' && (errcode & 0xff) === SQLITE_FULL))
    return new RippleError('RIPPLE_DISK_FULL', { path: path ?? 'the data folder' }, { cause: thrown })
  if (path !== undefined && UNWRITABLE.includes(code ?? ''))
    return new RippleError(
      'RIPPLE_FILE_UNWRITABLE',
      { file: path, detail: fileReason(thrown) },
      { cause: thrown },
    )
  return new RippleError('RIPPLE_INTERNAL', { detail }, { cause: thrown })
}
