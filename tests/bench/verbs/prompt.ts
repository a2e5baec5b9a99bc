/** Makes the prompt by which a model is asked for one verb with its fields. */
import type { Schema, Verb } from '../../../host/ui/bar/verbs.ts'
import { bar } from '../../../host/ui/words/en/bar.ts'
import { narrowed } from './copied-values.ts'

/** A verb with values for some of its fields. */
export interface Proposal {
  readonly verb: string
  readonly fields: Readonly<Record<string, unknown>>
}

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['show me the key things about peers', '{"verb":"peers","fields":{}}'],
  ['throw the task 12ab34cd away', '{"verb":"task.cancel","fields":{"id":"12ab34cd"}}'],
]

/** Returns the prompt, and the schema of the answer: one of these verbs with its input. */
export function proposalPrompt(request: string, known: readonly Verb[]) {
  const verbs = known.map((verb) => ({ ...verb, input: narrowed(request, verb, bar.idle) }))
  const system = [
    'You turn a request into one call of a verb with its fields. Leave out a field that the request does not name. Copy names, numbers and texts from the request. The verbs are:',
    ...verbs.map(describe),
    ...EXAMPLES.map(([asked, answer]) => `Request: ${asked}\nCall: ${answer}`),
  ].join('\n')
  const schema = {
    anyOf: verbs.map(({ name, input }) => ({
      type: 'object',
      properties: { verb: { const: name }, fields: input },
      required: ['verb', 'fields'],
      additionalProperties: false,
    })),
  }
  return { system, user: `Request: ${request}\nCall:`, schema }
}

function describe({ name, summary, input }: { name: string; summary: string; input: Schema }): string {
  const fields = Object.entries(input.properties ?? {}).map(
    ([field, { description }]) => `${field}${input.required?.includes(field) ? '' : '?'}: ${description}`,
  )
  return `- ${name}: ${summary}. ${fields.length === 0 ? 'No fields.' : `Fields: ${fields.join('; ')}`}`
}
