/** Tells whether a provider's answer has the form that was asked for. */
import type { AnswerEnd, Ask } from '../types/answer.ts'
import type { AnswerFormat } from '../types/inference.ts'
import { jsonOrText } from '../types/json.ts'
import { callableTools, readToolAnswer, type ToolAnswer } from '../types/tool-answer.ts'
import { wrongJson } from '../work/wrong-form.ts'

/** A format that holds text to nothing. */
const anyText: AnswerFormat = { type: 'text' }

/**
 * Whether a provider's answer says something, in the form that was asked for: else it may do better when it is asked again. Where
 * tools may be called it calls some as they are offered, or its text has that form. Pure.
 */
export function isUsable(ask: Pick<Ask, 'input' | 'format'>, { text, finish }: AnswerEnd): boolean {
  const isCut = finish === 'length'
  const { input, format } = ask
  if (input.type !== 'chat' || callableTools(input).length === 0)
    return text.trim() !== '' && wrongJson(text, ask, isCut) === null
  const said = readToolAnswer(text, finish)
  if (said === null) return false
  // A choice of the client's may want a call; what is said beside one is no answer of its own.
  if (said.calls.length > 0 || input.tool_choice !== 'auto')
    return wrongJson(callsOf(said), { input, format: anyText }, false) === null
  const content = said.content ?? ''
  return (
    content.trim() !== '' && wrongJson(content, { input: { ...input, tools: [] }, format }, isCut) === null
  )
}

/** The calls alone, as a document of the form that a model of the mesh gives. */
function callsOf({ calls }: ToolAnswer): string {
  // No tool takes arguments that are no JSON.
  const tool_calls = calls.map(({ name, arguments: given }) => ({ name, arguments: jsonOrText(given) }))
  return JSON.stringify({ tool_calls })
}
