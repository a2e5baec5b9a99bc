import { limits } from '../limits.ts'
import { textForm } from './text-form.ts'

const boxed = /\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}/g
const typeset = /\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g
const marked = /\b(?:final\s+)?answer\s*(?:is\b|:|=)\s*:?/gi
const decimal = String.raw`(?<![\p{L}\p{N}_.])[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?![\p{L}\p{N}_])`
const number = new RegExp(decimal, 'gu')
const fraction = new RegExp(String.raw`${decimal}(?:\s*[/⁄]\s*${decimal})*`, 'gu')
const onlyFraction = new RegExp(String.raw`^${decimal}(?:\s*/\s*${decimal})+$`, 'u')
/** A remark in brackets, such as ' (not 6)': it has a word, and none that is part of a formula. */
const remark = / \((?=[^()]*\p{L}{3})(?![^()]*\b(?:sin|cos|tan|log|exp|mod|sqrt)\b)[^()]*\)/gu
/** A number at the end, with its unit. */
const endsInNumber = /\d[^\s\p{L}]*(?: \p{L}+)?$/u
/** Says of a number that it is not the answer itself. */
const comparison = /[<>≤≥≠]|!=/
const equals = /(?<![<>!=])=(?!=)/

/**
 * What a chain of thought ends with: what the last box holds, else what follows the last 'answer:'. Without either it is the last
 * number, or the words where there is none. Pure.
 */
export function answerForm(text: string): string {
  const named = [...text.matchAll(boxed)].at(-1)?.[1] ?? afterMark(text)
  const said = (named ?? text).replace(typeset, '$1/$2').normalize('NFKC')
  return named === null ? lastForm(said) : namedForm(said)
}

function afterMark(text: string): string | null {
  const last = [...text.matchAll(marked)].at(-1)
  if (last === undefined) return null
  const rest = text.slice(last.index + last[0].length)
  const line = rest.trimStart().split('\n')[0] ?? ''
  return line.trim() === '' ? null : line
}

/**
 * The number or fraction that is named as the answer where it is the only one, else the words: which of several is meant nobody
 * knows. Words that say something else where nothing names them as the answer keep a mark.
 */
function namedForm(said: string): string {
  const value = lastSide(withoutRemarks(said))
  const only = onlyOne(value, fraction)
  if (only !== null && !comparison.test(value)) return fractionForm(only)
  const words = textForm(value)
  return lastForm(words) === words ? words : `answer: ${words}`
}

function withoutRemarks(said: string): string {
  return said.replace(remark, (found, at: number) => {
    const before = said.slice(Math.max(0, at - limits.canonical_unit_chars_max), at)
    return endsInNumber.test(before) ? '' : found
  })
}

/** What follows the last `=`. Where words stand between two of them they are of several equations, and no side is the answer. */
function lastSide(said: string): string {
  const sides = said.split(equals)
  const last = sides.at(-1) ?? ''
  return sides.slice(1, -1).some((side) => /\p{L}/u.test(side)) || last.trim() === '' ? said : last
}

/** The last number, or the words where there is none, or where a line is too short to be a chain of thought and has several. */
function lastForm(said: string): string {
  const whole = textForm(said.replaceAll('$', '').replaceAll('⁄', '/'))
  if (onlyFraction.test(whole)) return fractionForm([...said.matchAll(fraction)].at(-1)?.[0] ?? '')
  const last = [...said.matchAll(number)].at(-1)?.[0]
  if (last === undefined || (isShort(said) && onlyOne(said, number) === null)) return textForm(said)
  return numberForm(last)
}

/** Whether a text is one short line without an equation, such as a date or a time. */
function isShort(said: string): boolean {
  const line = said.trim()
  return line.length <= limits.canonical_line_chars_max && !/[\n=]/.test(line)
}

/** What a pattern of numbers finds where it finds one alone, as often as it may be said, and there are no other digits; else null. */
function onlyOne(said: string, wanted: RegExp): string | null {
  const found = [...said.matchAll(wanted)].map(([one]) => one)
  const [first] = found
  if (first === undefined || new Set(found.map(fractionForm)).size > 1) return null
  return /\d/.test(said.replace(wanted, '')) ? null : first
}

function fractionForm(text: string): string {
  const parts = text.split(/\s*[/⁄]\s*/)
  return parts.map(numberForm).join('/')
}

/** A decimal number without separators and needless zeros; its digits are kept, however many there are. */
function numberForm(text: string): string {
  const [whole = '', fraction = ''] = text.replace(/[,−-]/g, '').split('.')
  const integer = whole.replace(/^0+(?=\d)/, '')
  const rest = fraction.replace(/0+$/, '')
  const digits = rest === '' ? integer : `${integer}.${rest}`
  return /^[-−]/.test(text) && /[1-9]/.test(digits) ? `-${digits}` : digits
}
