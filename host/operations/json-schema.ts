/** Makes the JSON Schemas of operations. */
import { z } from 'zod'

/** The parts of a JSON Schema that are read here. */
export interface Property {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly anyOf?: readonly Property[]
  readonly items?: Property
  readonly properties?: Readonly<Record<string, Property>>
  readonly required?: readonly string[]
  /** Schemas with a name of their own, which `$ref` points to. */
  readonly $defs?: Readonly<Record<string, Property>>
}

/** Returns the JSON Schema (draft 2020-12) of an input or output. A value that is made for each request is no default. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Property {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      // A name is a key of `$defs`; as a keyword it would be one of an older draft.
      delete jsonSchema.id
      if (!jsonSchema.made) return
      delete jsonSchema.made
      delete jsonSchema.default
    },
  })
  return made as Property
}
