import { limits } from '../limits.ts'
import { type Json, json } from '../types/json.ts'
import type { TaskType } from '../types/task-type.ts'
import { canonicalJson, sha256Hex } from '../work/payload.ts'
import { verdictOf } from './verdict.ts'

/**
 * The form in which an answer votes: answers that mean the same by the rules of their kind of task have the same form. Null
 * for an answer that says nothing that could be voted on. Giving the form itself gives it again. Score cards were measured by
 * these rules: a change of them raises `CARD_VERSION`, so that old cards count no more. Pure.
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

const boxed = /\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}/g
const typeset = /\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g
const marked = /\b(?:final\s+)?answer\s*(?:is\b|:|=)\s*:?/gi
const decimal = String.raw`(?<![\p{L}\p{N}_.])[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?![\p{L}\p{N}_])`
const number = new RegExp(decimal, 'gu')
const fraction = new RegExp(String.raw`${decimal}(?:\s*[/⁄]\s*${decimal})*`, 'gu')
const onlyFraction = new RegExp(String.raw`^${decimal}(?:\s*/\s*${decimal})+$`, 'u')

/**
 * What a chain of thought ends with: what the last box holds, else what follows the last 'answer:', and of that, or of all,
 * the last number; without one, the words. A fraction is one number where it is all there is, or stands in a box or after
 * the mark; elsewhere it may be a step of the way, or a path.
 */
function answerForm(text: string): string {
  const named = [...text.matchAll(boxed)].at(-1)?.[1] ?? afterMark(text)
  const said = (named ?? text).replace(typeset, '$1/$2').normalize('NFKC')
  const whole = textForm(said.replaceAll('$', '').replaceAll('⁄', '/'))
  const wanted = named !== null || onlyFraction.test(whole) ? fraction : number
  const last = [...said.matchAll(wanted)].at(-1)?.[0]
  if (last === undefined) return textForm(said)
  const parts = last.split(/\s*[/⁄]\s*/)
  return parts.map(numberForm).join('/')
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
/** Those of them that no operator is made of. */
const quoting = new Set('.,;?…"\'`´‘’“”«»()[]{}_')
/** What means something where it stands alone. A dash or a bar may be of the sentence or of a table, and is none. */
const operators = new Set(
  '< > <= >= <=> << >> <> != !== = == === := + - * ** / // \\ % ^ ~ & && || # -> => <- ++ += -= *= /='.split(
    ' ',
  ),
)
/** What a line of a list, or a heading, begins with. */
const bullet = /^(?:[-*+•]|#{1,6})$/

/** Words in one case, compatible signs made one, without the marks around them, one space between. */
function textForm(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll('−', '-')
    .toLowerCase()
    .split(/[\n\r\u2028\u2029]/)
    .flatMap((line) => unlisted(line.trim().split(/\s+/u)))
    .map((word) => operatorOf(word) ?? bare(word))
    .filter((word) => word !== '')
    .join(' ')
}

/** The words of a line without the bullets before them; one that nothing follows is itself what the line says. */
function unlisted(words: readonly string[]): readonly string[] {
  const from = words.findIndex((word) => !bullet.test(word))
  return words.slice(from === -1 ? words.length - 1 : from)
}

/** The operator that a word is, within quotes or bold too; null for any other word. */
function operatorOf(word: string): string | null {
  if (operators.has(word)) return word
  const inner = trimmed(word, (text, at) => quoting.has(text.charAt(at)))
  const plain = /^\*\*(.+)\*\*$/.exec(inner)?.[1] ?? inner
  return operators.has(plain) ? plain : null
}

/** A word without the marks around it. The sign of a number is no mark, nor a comparison before it, nor the end of `C#`. */
function bare(word: string): string {
  const inner = trimmed(word, (text, at) => edge.has(text.charAt(at)) && !isSharp(text, at))
  const from = word.indexOf(inner)
  const [, mark = '', minus = ''] = /([<>!]?)(-?)$/.exec(word.slice(0, from)) ?? []
  // What is closed again is a tag and compares nothing.
  const compared = word.slice(from + inner.length).includes('>') ? '' : mark
  if (/^\d/.test(inner)) return (compared === '!' ? '' : compared) + minus + inner
  return /^=-?\d/.test(inner) && minus === '' ? compared + inner : inner
}

/** Whether that sign belongs to the name before it. */
function isSharp(text: string, at: number): boolean {
  return text.charAt(at) === '#' && /\p{L}/u.test(text.charAt(at - 1))
}

/** A text without the marks at its ends. */
function trimmed(text: string, isMark: (text: string, at: number) => boolean): string {
  let from = 0
  let to = text.length
  while (from < to && isMark(text, from)) from += 1
  while (to > from && isMark(text, to - 1)) to -= 1
  return text.slice(from, to)
}
