/** Reads tools that stand in a flat list, among others that the provider itself would run. */
import { functionName } from '../../types/inference.ts'
import type { Json } from '../../types/json.ts'
import { fieldError } from './parse.ts'

/** A tool of such a list. */
interface ListedTool {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly parameters?: Readonly<Record<string, Json>> | null | undefined
  readonly strict?: boolean | null | undefined
}

/** A function of the client, with its place in the list. */
type OfferedTool<Tool> = Tool & { readonly name: string; readonly index: number }

/**
 * Returns the functions of the client, and the paths of all other tools, which are skipped. Throws `RIPPLE_BODY_INVALID` for a
 * name that is no name, or that stands there twice.
 */
export function functionsOf<Tool extends ListedTool>(
  listed: readonly Tool[],
  isFunction: (tool: Tool) => boolean,
): { readonly functions: OfferedTool<Tool>[]; readonly skipped: string[] } {
  const names = new Set<string>()
  const skipped: string[] = []
  const functions = listed.flatMap((tool, index) => {
    if (!isFunction(tool)) {
      skipped.push(`tools.${index}`)
      return []
    }
    const name = tool.name ?? ''
    const at = `tools[${index}].name`
    const read = functionName.safeParse(name)
    if (!read.success) throw fieldError(at, read.error.issues[0]?.message ?? '')
    if (names.has(name)) throw fieldError(at, `'${name}' is there twice`)
    names.add(name)
    return [{ ...tool, name, index }]
  })
  return { functions, skipped }
}

/**
 * Returns functions as an ask has them, the names of the strict ones, and their schemas. `field` is the name of a schema's field
 * in the request.
 */
export function offerTools(
  functions: readonly OfferedTool<ListedTool>[],
  field: 'parameters' | 'function.parameters' | 'input_schema',
) {
  const tools = functions.map(({ name, description, parameters }) => ({
    ...{ name, description: description ?? '' },
    parameters: parameters ?? { type: 'object' },
  }))
  return {
    tools,
    strict: functions.filter(({ strict }) => strict).map(({ name }) => name),
    schemas: functions.map(({ index, strict }, at) => ({
      at: `tools.${index}.${field}`,
      schema: tools[at]?.parameters ?? null,
      strict: strict === true,
    })),
  }
}
