import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { AnswerFormat, InferencePayload, Tool } from '../../types/inference.ts'
import { callableTools } from '../../types/tool-answer.ts'
import { Gbnf, literal } from './gbnf.ts'
import { isObject, SchemaRules } from './schema.ts'

type Asked = Pick<InferencePayload, 'input' | 'format'>

/**
 * The grammar of an answer in llama.cpp's notation, or null where it is any text. An answer with tools is one JSON document:
 * `{"tool_calls": [...]}` or, where the choice allows it, `{"content": ...}`. Throws `RIPPLE_BODY_INVALID` for a format that no
 * grammar carries and a choice that is not to be had. Of a tool's schema, what a grammar does not carry is left out.
 */
export function answerGrammar({ input, format }: Asked): string | null {
  const tools = offeredTools(input)
  // Calls are for a program, and each space is a token.
  const gbnf = new Gbnf(tools.length === 0 ? 'lines' : 'compact')
  const content = contentRule(format, gbnf)
  if (tools.length === 0) return content === null ? null : checked(gbnf.text(content))
  const choice = input.type === 'chat' ? input.tool_choice : 'none'
  const calls = tools.map((tool) =>
    gbnf.fields([
      { name: 'name', rule: literal(tool.name), required: true },
      { name: 'arguments', rule: argumentsRule(tool, gbnf), required: true },
    ]),
  )
  const call = gbnf.rule(calls.join(' | '))
  const more = typeof choice === 'object' ? 0 : limits.tool_calls_max - 1
  const list = gbnf.rule(`"[" ws ${call} ws ("," ws ${call} ws){0,${more}} "]"`)
  const called = gbnf.fields([{ name: 'tool_calls', rule: list, required: true }])
  if (choice !== 'auto') return checked(gbnf.text(called))
  const said = gbnf.fields([{ name: 'content', rule: content ?? 'string', required: true }])
  return checked(gbnf.text(`${called} | ${said}`))
}

/** The tools that the answer may call: none where the choice is so. Throws `RIPPLE_BODY_INVALID` for one that is not there. */
export function offeredTools(input: InferencePayload['input']): readonly Tool[] {
  const tools = callableTools(input)
  if (input.type !== 'chat' || tools.length > 0) return tools
  const { tool_choice: choice } = input
  if (choice === 'required') throw invalid('tool_choice is required, and tools is empty', 'tool_choice')
  if (typeof choice === 'object')
    throw invalid(`tool_choice names '${choice.name}', which is not among tools`, 'tool_choice')
  return tools
}

function contentRule(format: AnswerFormat, gbnf: Gbnf): string | null {
  if (format.type === 'text') return null
  return format.type === 'json' ? 'object' : new SchemaRules(gbnf, format.schema, false).rule()
}

/** A call's arguments are an object, whatever a schema says. */
function argumentsRule({ parameters }: Tool, gbnf: Gbnf): string {
  if (
    !isObject(parameters) ||
    !['type', 'properties', '$ref', 'anyOf', 'oneOf'].some((keyword) => keyword in parameters)
  )
    return 'object'
  return new SchemaRules(gbnf, parameters, true).rule()
}

function checked(grammar: string): string {
  if (grammar.length <= limits.schema_grammar_chars_max) return grammar
  const max = limits.schema_grammar_chars_max
  throw invalid(`the grammar of its schemas has ${grammar.length} characters, ${max} at most`, 'format')
}

function invalid(detail: string, param: string): RippleError {
  return new RippleError('RIPPLE_BODY_INVALID', { detail, param })
}
