/** Checks that a provider's answer has the requested form. */
import type { AnswerEnd, Ask } from '../types/answer.ts'
import type { AnswerFormat } from '../types/inference.ts'
import { jsonOrText } from '../types/json.ts'
import { callableTools, readToolAnswer, type ToolAnswer } from '../types/tool-answer.ts'
import { wrongJson } from '../work/poster/wrong-form.ts'

/** A format that allows any text. */
const anyText: AnswerFormat = { type: 'text' }

/**
 * Whether a provider's answer is not empty and has the requested form. If not, the next try may be better. With callable tools,
 * the answer calls offered tools correctly, or its text has the form. Pure.
 */
export function isUsable(ask: Pick<Ask, 'input' | 'format'>, { text, finish }: AnswerEnd): boolean {
  const isCut = finish === 'length'
  const { input, format } = ask
  if (input.type !== 'chat' || callableTools(input).length === 0)
    return text.trim() !== '' && wrongJson(text, ask, isCut) === null
  const said = readToolAnswer(text, finish)
  if (said === null) return false
  // The client's choice may require a call. Text next to a call is not an answer of its own.
  if (said.calls.length > 0 || input.tool_choice !== 'auto')
    return wrongJson(callsOf(said), { input, format: anyText }, false) === null
  const content = said.content ?? ''
  return (
    content.trim() !== '' && wrongJson(content, { input: { ...input, tools: [] }, format }, isCut) === null
  )
}

/** Returns the calls alone, as a document of the form that a model of the mesh writes. */
function callsOf({ calls }: ToolAnswer): string {
  // No tool accepts arguments other than JSON.
  const tool_calls = calls.map(({ name, arguments: given }) => ({ name, arguments: jsonOrText(given) }))
  return JSON.stringify({ tool_calls })
}
