// Brings answers into the form in which they are compared.

import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import { limits } from '../../limits.ts'
import { type Json, json } from '../../types/json.ts'
import type { TaskType } from '../../types/task-type.ts'
import { verdictIn, verdicts } from './vote-form.ts'

/**
 * Returns the form in which an answer votes; null for an answer without one. Answers of one form mean the same; if that is
 * unsure, the forms differ. The form of a form is itself. Score cards were measured by these rules. A change of them raises
 * `CARD_VERSION`, which invalidates old cards. Pure.
 */
export function canonicalise(type: TaskType, answer: string): string | null {
  const form = settle(rules[type], answer.slice(0, limits.canonical_chars_max))
  return form === '' ? null : form
}

/** Returns the name of a class: sha256 of task type and canonical form. Pure. */
export function classHash(type: TaskType, form: string): string {
  return sha256Hex(`${type}\n${form}`)
}

/** A step towards the canonical form, for each task type. */
const rules: Readonly<Record<TaskType, (text: string) => string>> = {
  code_generation: codeForm,
  reasoning: numberOrWords,
  general: words,
  review: verdictForm,
}

/** Applies a step until nothing changes: a mark may hide another one. */
function settle(step: (text: string) => string, text: string): string {
  let now = text
  for (let round = 0; round < limits.canonical_rounds_max; round += 1) {
    const next = step(now)
    if (next === now) return now
    now = next
  }
  return now
}

const fence = /```[^\n`]*\n([\s\S]*?)(?:\n[ \t]*```|$)/g

/** Joins all code blocks without their fences. JSON becomes canonical; other code loses blank lines and trailing spaces. */
function codeForm(text: string): string {
  const fenced = [...text.matchAll(fence)].map(([, inner = '']) => inner)
  const blocks = fenced.length > 0 ? fenced : [text.replace(/^\s*`([^`\n]+)`\s*$/, '$1')]
  return blocks.map((block) => jsonForm(block) ?? lines(block)).join('\n')
}

/** Returns the canonical JSON of a text that is an object or a list; null for any other. */
function jsonForm(text: string): string | null {
  if (!/^\s*[[{]/.test(text)) return null
  try {
    return canonicalJson(json.parse(JSON.parse(text) as Json))
  } catch {
    return null
  }
}

function lines(code: string): string {
  const all = code.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => line.trimEnd().replaceAll('\t', '    '))
  return all.filter((line) => line !== '').join('\n')
}

/** Matches a number by itself, which is no part of a name, date, time or fraction. */
const number = /(?<![\p{L}\p{N}_.:/-])[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?![\p{L}\p{N}_]|[.:/-]\d)/gu

/** Returns the last number after the last `=`, as lm-eval reads base models' answers; the words if there is no number. */
function numberOrWords(text: string): string {
  const said = text
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .replace(/ ?\/ ?/g, '/')
  const last = [...(said.split('=').at(-1) ?? '').matchAll(number)].at(-1)?.[0]
  return last === undefined ? words(said) : numberForm(last)
}

/** Returns a decimal number without separators and needless zeros. It keeps all other digits. */
function numberForm(text: string): string {
  const [whole = '', fraction = ''] = text.replace(/[,−-]/g, '').split('.')
  const integer = whole.replace(/^0+(?=\d)/, '')
  const rest = fraction.replace(/0+$/, '')
  const digits = rest === '' ? integer : `${integer}.${rest}`
  return /^[-−]/.test(text) && /[1-9]/.test(digits) ? `-${digits}` : digits
}

/** The marks around an answer that mean nothing. */
const marks = new Set(' .,;:!?…"\'`´‘’“”«»()[]{}*_~|•')

/** Returns the words in lower case with one space between, without the marks around them. It keeps a `#` after a name. */
function words(text: string): string {
  const said = text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ')
  let from = 0
  let to = said.length
  while (from < to && (marks.has(said.charAt(from)) || said.charAt(from) === '#')) from += 1
  while (to > from && marks.has(said.charAt(to - 1))) to -= 1
  return said.slice(from, to)
}

/** Returns the verdict that the text's JSON names, or that is the whole text. */
function verdictForm(text: string): string {
  const said = words(verdictIn(text) ?? text).replace(/[ -]/g, '_')
  return verdicts.find((one) => one === said) ?? ''
}
