/** Names the keywords of a request's schemas that are not enforced, and refuses them in `strict` schemas. */
import { boundSchemas } from '../../engine/grammar/answer.ts'
import { shapeOfSchema } from '../../engine/grammar/schema.ts'
import { limits } from '../../limits.ts'
import type { Json } from '../../types/json.ts'
import { fieldError } from './parse.ts'

/** A schema of a request, its path, and whether each of its keywords must be enforced. */
export interface SchemaAt {
  readonly at: string
  readonly schema: Json
  readonly strict: boolean
}

/**
 * Returns the paths of the ignored keywords, at most `limits.openai_ignored_max`. Whole answers are checked against the schema
 * of their format and those of strict tools. For other tools, keywords that no grammar can express are ignored. Throws
 * `RIPPLE_BODY_INVALID` for a strict schema with a keyword that can be neither expressed nor checked.
 */
export function schemaNotes(format: SchemaAt | null, tools: readonly SchemaAt[]): readonly string[] {
  const notes = format === null ? [] : [...notesOf(format, true)]
  boundSchemas(
    { type: 'text' },
    tools.map(({ schema }) => ({ name: '', description: '', parameters: schema })),
  )
  for (const tool of tools) {
    if (notes.length >= limits.openai_ignored_max) break
    notes.push(...notesOf(tool, tool.strict))
  }
  return notes
}

function notesOf({ schema, at, strict }: SchemaAt, isChecked: boolean): readonly string[] {
  boundSchemas({ type: 'schema', schema }, [])
  const { leftOut, unheld } = shapeOfSchema(schema)
  const [first] = leftOut
  if (strict && first)
    throw fieldError([at, ...first.path].join('.'), `strict, and ${first.why}`, 'unsupported_value')
  const left = leftOut.map(({ path }) => [at, ...path].join('.'))
  return isChecked ? left : [...left, ...unheld.map((path) => path.replace('#', at).replaceAll('/', '.'))]
}
