/** Names the keywords of a chat request's schemas that are not enforced, and refuses them in `strict` schemas. */
import { boundSchemas } from '../../engine/grammar/answer.ts'
import { shapeOfSchema } from '../../engine/grammar/schema.ts'
import { limits } from '../../limits.ts'
import type { Json } from '../../types/json.ts'
import type { ChatGiven } from './chat-request.ts'
import { fieldError } from './parse.ts'

/**
 * Returns the paths of the ignored keywords, at most `limits.openai_ignored_max`. Whole answers are checked against a response
 * format and the schemas of strict tools. For other tools, keywords that no grammar can express are ignored. Throws
 * `RIPPLE_BODY_INVALID` for a strict schema with a keyword that can be neither expressed nor checked.
 */
export function schemaNotes({ response_format: format, tools }: ChatGiven): readonly string[] {
  const notes: string[] = []
  if (format?.type === 'json_object' && format.schema != null)
    notes.push(...notesOf(format.schema, 'response_format.schema', false, true))
  if (format?.type === 'json_schema' && format.json_schema.schema != null) {
    const { schema, strict } = format.json_schema
    notes.push(...notesOf(schema, 'response_format.json_schema.schema', strict === true, true))
  }
  boundSchemas(
    { type: 'text' },
    (tools ?? []).map(({ function: { parameters = {} } }) => ({ name: '', description: '', parameters })),
  )
  for (const [index, { function: tool }] of (tools ?? []).entries()) {
    if (notes.length >= limits.openai_ignored_max) break
    const { parameters, strict } = tool
    if (parameters)
      notes.push(
        ...notesOf(parameters, `tools.${index}.function.parameters`, strict === true, strict === true),
      )
  }
  return notes
}

function notesOf(schema: Json, at: string, strict: boolean, isChecked: boolean): readonly string[] {
  boundSchemas({ type: 'schema', schema }, [])
  const { leftOut, unheld } = shapeOfSchema(schema)
  const [first] = leftOut
  if (strict && first)
    throw fieldError([at, ...first.path].join('.'), `strict, and ${first.why}`, 'unsupported_value')
  const left = leftOut.map(({ path }) => [at, ...path].join('.'))
  return isChecked ? left : [...left, ...unheld.map((path) => path.replace('#', at).replaceAll('/', '.'))]
}
