/** Makes the required form of an answer: its grammar for the worker, its shape for the poster. */
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { AnswerFormat, InferencePayload, Tool } from '../../types/inference.ts'
import { isObject, type Json } from '../../types/json.ts'
import { callableTools } from '../../types/tool-answer.ts'
import { Gbnf } from './gbnf.ts'
import { type Bounds, never, type Shape, unbounded } from './json-shape.ts'
import { ShapeRules } from './rules.ts'
import { shapeOfSchema } from './schema.ts'

type Asked = Pick<InferencePayload, 'input' | 'format'>

const anyObject: Shape = { type: 'map', key: null, value: { type: 'any' }, count: unbounded }

/**
 * Returns the grammar of an answer in llama.cpp's notation, or null where any text is valid. Throws `RIPPLE_BODY_INVALID`
 * for a format that nothing fits, for schemas that are too long, and for a tool choice that cannot be met. Keywords that a
 * grammar does not carry are left out. The bound of the schemas' length bounds the time.
 */
export function answerGrammar({ input, format }: Asked): string | null {
  const tools = offeredTools(input)
  boundSchemas(format, tools)
  if (format.type === 'schema') refuseContradiction(format.schema)
  const shape = shapeOf({ input, format }, tools)
  if (shape === null) return null
  const max = limits.schema_grammar_chars_max
  const long = format.type === 'schema' ? 'format' : 'tools'
  const tooLong = () => invalid(`the grammar of its schemas has more than ${max} characters`, long)
  // Calls are for a program, and each space is a token.
  const gbnf = new Gbnf(tools.length === 0 ? 'lines' : 'compact', max, tooLong)
  return gbnf.text(new ShapeRules(gbnf).of(shape))
}

/** Throws `RIPPLE_BODY_INVALID` for schemas that are longer than a grammar may be: reading them blocks the process. */
export function boundSchemas(format: AnswerFormat, tools: readonly Tool[]): void {
  const max = limits.schema_chars_max
  const chars = (value: unknown): number => JSON.stringify(value)?.length ?? 0
  if (format.type === 'schema' && chars(format.schema) > max)
    throw invalid(`the schema has more than ${max} characters`, 'format')
  if (tools.reduce((sum, { parameters }) => sum + chars(parameters), 0) > max)
    throw invalid(`the schemas of the tools have more than ${max} characters`, 'tools')
}

/**
 * Returns the shape that fits each answer of a worker that follows the grammar; null where any text is valid. Never throws:
 * keywords that no grammar carries are not enforced.
 */
export function answerShape(asked: Asked): Shape | null {
  return shapeOf(asked, callableTools(asked.input))
}

/**
 * Returns the tools that the answer may call; none where `tool_choice` forbids calls. Throws `RIPPLE_BODY_INVALID` for a
 * chosen tool that is not offered.
 */
export function offeredTools(input: InferencePayload['input']): readonly Tool[] {
  const tools = callableTools(input)
  if (input.type !== 'chat' || tools.length > 0) return tools
  const { tool_choice: choice } = input
  if (choice === 'required') throw invalid('tool_choice is required, and tools is empty', 'tool_choice')
  if (typeof choice === 'object')
    throw invalid(`tool_choice names '${choice.name}', which is not among tools`, 'tool_choice')
  return tools
}

/**
 * Returns the shape of an answer. With tools it is one JSON document: `{"tool_calls": [...]}` or, where the choice allows
 * it, `{"content": ...}`.
 */
function shapeOf({ input, format }: Asked, tools: readonly Tool[]): Shape | null {
  const content = contentShape(format)
  if (tools.length === 0) return content
  const choice = input.type === 'chat' ? input.tool_choice : 'none'
  const calls: Shape[] = tools.map((tool) =>
    having({ name: { type: 'literals', values: [tool.name] }, arguments: argumentsShape(tool) }),
  )
  const count: Bounds = { min: 1, max: typeof choice === 'object' ? 1 : limits.tool_calls_max }
  const called = having({
    tool_calls: { type: 'list', first: [], item: { type: 'either', shapes: calls }, count },
  })
  if (choice !== 'auto') return called
  const said = having({ content: content ?? { type: 'string', length: unbounded } })
  return { type: 'either', shapes: [called, said] }
}

/** Returns the shape of an object with these properties. */
function having(properties: Readonly<Record<string, Shape>>): Shape {
  const fields = Object.entries(properties).map(([name, shape]) => ({ name, shape, required: true }))
  return { type: 'object', fields, closed: false, count: unbounded }
}

function contentShape(format: AnswerFormat): Shape | null {
  if (format.type === 'text') return null
  return format.type === 'json' ? anyObject : orAny(shapeOfSchema(format.schema).shape, { type: 'any' })
}

/** Returns the shape of a call's arguments: always an object, even if the schema says otherwise. */
function argumentsShape({ parameters }: Tool): Shape {
  if (
    !isObject(parameters) ||
    !['type', 'properties', '$ref', 'anyOf', 'oneOf', 'allOf'].some((keyword) => keyword in parameters)
  )
    return anyObject
  return orAny(shapeOfSchema(parameters).shape, anyObject)
}

function orAny(shape: Shape, any: Shape): Shape {
  return shape === never ? any : shape
}

function refuseContradiction(schema: Json): void {
  const { contradiction } = shapeOfSchema(schema)
  if (contradiction !== null) throw invalid(`the schema allows nothing, ${contradiction}`, 'format')
}

function invalid(detail: string, param: string): RippleError {
  return new RippleError('RIPPLE_BODY_INVALID', { detail, param })
}
