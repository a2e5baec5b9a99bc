/** Defines a finding of `doctor`. */
import { z } from 'zod'

/** A finding about one machine, or about two. */
export const finding = z.strictObject({
  name: z.string().describe('the check'),
  of: z
    .string()
    .nullable()
    .default(null)
    .describe('the name of the other machine, if the finding is about it; null for this one and for both'),
  level: z.enum(['ok', 'warn', 'fail']).describe('fail: the machine cannot work with it'),
  detail: z.string().describe('the finding, as one sentence without a full stop'),
  fix: z.string().nullable().describe('the advice for the user; null when all is well'),
})

/** A finding about one machine, or about two. */
export type Finding = z.output<typeof finding>

/** The result of one check, without its name. */
export type Result = Pick<Finding, 'level' | 'detail' | 'fix'>

/** Makes the result of a check that found nothing wrong. */
export const ok = (detail: string): Result => ({ level: 'ok', detail, fix: null })

/** Makes the result of a check that found something doubtful. */
export const warn = (detail: string, fix: string): Result => ({ level: 'warn', detail, fix })

/** Makes the result of a check that found a fault. */
export const fail = (detail: string, fix: string): Result => ({ level: 'fail', detail, fix })
