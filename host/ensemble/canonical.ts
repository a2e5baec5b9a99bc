import { limits } from '../limits.ts'
import { type Json, json } from '../types/json.ts'
import { canonicalJson, sha256Hex } from '../work/payload.ts'
import type { TaskType } from './types.ts'
import { verdictOf } from './verdict.ts'

/**
 * The form in which an answer votes: answers that mean the same by the rules of their kind of task have the same form. Null
 * for an answer that says nothing that could be voted on. Giving the form itself gives it again. Pure.
 */
export function canonicalise(type: TaskType, answer: string): string | null {
  const form = settle(rules[type], answer.slice(0, limits.canonical_chars_max))
  return form === '' ? null : form
}

/** The name of a class: sha256 of the kind of task and the canonical form. Pure. */
export function classHash(type: TaskType, form: string): string {
  return sha256Hex(`${type}\n${form}`)
}

/** One step towards the canonical form of each kind of task. */
const rules: Readonly<Record<TaskType, (text: string) => string>> = {
  code_generation: codeForm,
  reasoning: answerForm,
  general: textForm,
  review: (text) => verdictOf(text) ?? '',
}

/** Applies a step until nothing changes any more: what a fence or a mark had hidden is then seen too. */
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

/**
 * Code without its fences, all fenced blocks together: as canonical JSON where it is JSON, else with its spaces normalised.
 * Which of several blocks is the answer and which says how to set it up nobody knows, so none of them stands for the others.
 */
function codeForm(text: string): string {
  const fenced = [...text.matchAll(fence)].map(([, inner = '']) => inner)
  const blocks = fenced.length > 0 ? fenced : [text.replace(/^\s*`([^`\n]+)`\s*$/, '$1')]
  return blocks.map((block) => jsonForm(block) ?? spaced(block)).join('\n')
}

/** Canonical JSON of a text that is an object or a list; null for any other. */
export function jsonForm(text: string): string | null {
  const trimmed = text.trim()
  if (!/^[[{]/.test(trimmed)) return null
  try {
    return canonicalJson(json.parse(JSON.parse(trimmed) as Json))
  } catch {
    return null
  }
}

/**
 * Lines without blank ones, without what follows their last word, with single spaces within, and none between a bracket
 * or comma and what it holds. Of the indentation only stays which line is deeper than which: that means something in some
 * languages, and how wide a step is does not.
 */
function spaced(text: string): string {
  const lines = text
    .replaceAll('\t', '    ')
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
  const depths = [...new Set(lines.map(indentOf))].sort((a, b) => a - b)
  return lines
    .map((line) => {
      const indent = indentOf(line)
      return '  '.repeat(depths.indexOf(indent)) + tight(line.slice(indent))
    })
    .join('\n')
    .replace(/;$/, '')
    .trimEnd()
}

function tight(line: string): string {
  return line
    .replace(/\s+/g, ' ')
    .replace(/ ?([,;]) ?/g, '$1')
    .replace(/([([{]) /g, '$1')
    .replace(/ ([)\]}])/g, '$1')
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

const boxed = /\\boxed\s*\{([^{}]*)\}/g
const marked = /\b(?:final\s+)?answer\s*(?:is\b|:|=)\s*:?/gi
const number = /(?<![\p{L}\p{N}_.])[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?![\p{L}\p{N}_])/gu

/**
 * What a chain of thought ends with: what the last box holds, else what follows the last 'answer:', and of that, or of all,
 * the last number; without one, the words.
 */
function answerForm(text: string): string {
  const said = [...text.matchAll(boxed)].at(-1)?.[1] ?? afterMark(text) ?? text
  const last = [...said.normalize('NFKC').matchAll(number)].at(-1)?.[0]
  return last === undefined ? textForm(said) : numberForm(last)
}

function afterMark(text: string): string | null {
  const last = [...text.matchAll(marked)].at(-1)
  if (last === undefined) return null
  const rest = text.slice(last.index + last[0].length)
  const line = rest.trimStart().split('\n')[0] ?? ''
  return line.trim() === '' ? null : line
}

/** A decimal number without separators and needless zeros; its digits are kept, however many there are. */
function numberForm(text: string): string {
  const [whole = '', fraction = ''] = text.replace(/[,−-]/g, '').split('.')
  const integer = whole.replace(/^0+(?=\d)/, '')
  const rest = fraction.replace(/0+$/, '')
  const digits = rest === '' ? integer : `${integer}.${rest}`
  return /^[-−]/.test(text) && /[1-9]/.test(digits) ? `-${digits}` : digits
}

/** Marks that stand around words and mean nothing to a vote. */
const edge = new Set('.,;:!?…"\'`´‘’“”«»()[]{}<>*_~#|\\/–—-')

/** Words in one case, compatible signs made one, without the marks around them, one space between. */
function textForm(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .split(/\s+/u)
    .map(bare)
    .filter((word) => word !== '')
    .join(' ')
}

/** A word without the marks around it; the sign of a number is no mark. */
function bare(word: string): string {
  let from = 0
  let to = word.length
  while (from < to && edge.has(word.charAt(from))) from += 1
  while (to > from && edge.has(word.charAt(to - 1))) to -= 1
  const signed = word.charAt(from - 1) === '-' && /^\d/.test(word.charAt(from))
  return word.slice(signed ? from - 1 : from, to)
}
