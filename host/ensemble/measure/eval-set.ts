/** Reads sets of tasks with known answers. */
import { z } from 'zod'
import { sha256Hex } from '../../codec/digest.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { taskType } from '../../types/task-type.ts'
import { describeIssue } from '../../types/text/describe-issue.ts'
import type { MeasuredForm } from '../members/able-models.ts'
import { canonicalise } from '../vote/canonical.ts'

const item = z.strictObject({
  id: z.string().regex(/^[\w.-]{1,64}$/, 'an id is 1 to 64 letters, digits, dots, dashes and underscores'),
  task_type: taskType,
  prompt: z.string().min(1),
  /** All right answers, compared in their canonical form. */
  answers: z.array(z.string().min(1)).min(1).max(32),
  max_tokens: z.number().int().min(1).max(limits.max_tokens_max).default(128),
  stop: z.array(z.string().min(1).max(limits.stop_word_chars_max)).max(limits.stop_words_max).default([]),
  /** `auto`: as a user's turn if the model has a chat template; `none`: as a text to continue. */
  template: z.enum(['auto', 'none']).default('auto'),
})

/** A task with known answers. */
export type EvalItem = z.output<typeof item>

/** A set of tasks with known answers. */
export interface EvalSet {
  readonly name: string
  /** sha256 of the file. */
  readonly digest: string
  readonly items: readonly EvalItem[]
  /** The form in which all items are asked, whatever their lines say; null: as the lines say. */
  readonly form: MeasuredForm | null
}

/** Returns the set in one form; null leaves the form of each line. Pure. */
export function inForm(set: EvalSet, form: MeasuredForm | null): EvalSet {
  if (form === null) return set
  return { ...set, form, items: set.items.map((one) => ({ ...one, template: form })) }
}

/** Returns the form that the items share; null if they differ. Pure. */
export function formOfItems(items: readonly EvalItem[]): MeasuredForm | null {
  const [form = null, ...others] = new Set(items.map(({ template }) => template))
  return others.length === 0 ? form : null
}

/**
 * Reads a set with one JSON document a line. Throws `RIPPLE_EVAL_SET_INVALID` for a set without items or with too many. For
 * an invalid item, an answer without a canonical form or a repeated id, the error names the line. Pure.
 */
export function readSet(file: string, name: string, bytes: Uint8Array): EvalSet {
  const items: EvalItem[] = []
  const ids = new Set<string>()
  const lines = new TextDecoder().decode(bytes).split('\n')
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const refuse = (detail: string): never => {
      throw new RippleError('RIPPLE_EVAL_SET_INVALID', { file, line: index + 1, detail })
    }
    const one = readItem(line, refuse)
    if (ids.has(one.id)) refuse(`the id '${one.id}' was there before`)
    ids.add(one.id)
    const empty = one.answers.find((answer) => canonicalise(one.task_type, answer) === null)
    if (empty !== undefined) refuse(`no ${one.task_type} answer is like '${empty}'`)
    if (items.push(one) > limits.eval_items_max) refuse(`more than ${limits.eval_items_max} items`)
  }
  if (items.length === 0)
    throw new RippleError('RIPPLE_EVAL_SET_INVALID', { file, line: 1, detail: 'it has no items' })
  return { name, digest: sha256Hex(bytes), items, form: null }
}

/** Whether an answer is right. A missing answer (null) is wrong. Pure. */
export function isRight({ task_type, answers }: EvalItem, text: string | null): boolean {
  const form = text === null ? null : canonicalise(task_type, text)
  return form !== null && answers.some((answer) => canonicalise(task_type, answer) === form)
}

function readItem(line: string, refuse: (detail: string) => never): EvalItem {
  let document: unknown
  try {
    document = JSON.parse(line)
  } catch {
    return refuse('it is not JSON')
  }
  const parsed = item.safeParse(document)
  if (parsed.success) return parsed.data
  return refuse(describeIssue(parsed.error))
}
