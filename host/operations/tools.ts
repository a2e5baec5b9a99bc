/** Describes operations as tools for agents, as the Model Context Protocol lists them. */
import { jsonSchemaOf, type Property } from './json-schema.ts'
import type { Operation } from './operation.ts'
import { daemonOperations } from './registry.ts'

/** One tool. */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: Property
  readonly outputSchema: Property
  readonly annotations: {
    readonly readOnlyHint: boolean
    readonly destructiveHint: boolean
    readonly idempotentHint: boolean
  }
}

/** Returns the tools, in a fixed order. */
export function tools(): Tool[] {
  return daemonOperations.flatMap((one) =>
    one.surfaces.mcp === undefined ? [] : [toolOf(one, one.surfaces.mcp)],
  )
}

function toolOf({ title, description, input, output, effect, idempotent }: Operation, name: string): Tool {
  return {
    name,
    title,
    description,
    inputSchema: jsonSchemaOf(input, 'input'),
    outputSchema: jsonSchemaOf(output, 'output'),
    annotations: {
      readOnlyHint: effect === 'read',
      destructiveHint: effect === 'destroy',
      idempotentHint: idempotent === true,
    },
  }
}
