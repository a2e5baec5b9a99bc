import { limits } from '../limits.ts'
import { type Json, json } from '../types/json.ts'
import type { TaskType } from '../types/task-type.ts'
import { canonicalJson, sha256Hex } from '../work/payload.ts'
import { answerForm } from './answer-form.ts'
import { textForm } from './text-form.ts'
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
 * or comma and what it holds, but for what stands in quotes. Of the indentation only stays which line is deeper than which: that means something in some
 * languages, and how wide a step is does not.
 */
function spaced(text: string): string {
  const lines = text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.trimEnd().replace(/^\s+/, (indent) => indent.replaceAll('\t', '    ')))
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

/** A sign that is escaped, or text in quotes that are closed in the same line: its spaces are part of what the code says. */
const quoted = /(\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)/

function tight(line: string): string {
  // Of what is split by a group every other part is what the group holds.
  return line
    .split(quoted)
    .map((part, at) => (at % 2 === 1 ? part : tightCode(part)))
    .join('')
}

function tightCode(code: string): string {
  return code
    .replace(/\s+/g, ' ')
    .replace(/ ?([,;]) ?/g, '$1')
    .replace(/([([{]) /g, '$1')
    .replace(/ ([)\]}])/g, '$1')
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
