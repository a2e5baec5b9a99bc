/** Declares the section `upstream` of the settings: providers outside the mesh, and the data for them. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { dataClasses } from '../types/data-class.ts'
import type { DeepReadonly } from '../types/deep-readonly.ts'
import { secretName } from '../types/secret-name.ts'

/** The data classes that may leave this machine. */
export const leaving = z.enum(dataClasses).exclude(['secret'])

/** The hosts of this machine, to which a key may go without TLS. */
const thisMachine = ['localhost', '127.0.0.1', '[::1]']

export const baseUrl = z
  .url({ protocol: /^https?$/, error: 'not an http or https URL' })
  .refine((text) => plain(new URL(text)), 'a base URL has no user, query or fragment')
export const programWord = z
  .string()
  .max(4_096)
  .refine((word) => !word.includes('\0'), 'a word with a zero byte')
/** The variable in which a program gets its key; null without a key. */
export const keyVariable = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'not a variable')
  .nullable()
  .default(null)
/** Whether a program with a key has a variable for it, and a program without a key has none. */
export function hasVariable({
  key,
  key_variable,
}: {
  key: string | null
  key_variable: string | null
}): boolean {
  return (key === null) === (key_variable === null)
}
/** The refusal of a program for which that is not so. */
export const variableRefusal = { path: ['key_variable'], error: 'key and key_variable go together' }

const common = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'not a name of a provider'),
  models: z
    .array(z.string().regex(/^[\x21-\x7e]{1,128}$/, 'not a name of a model'))
    .min(1)
    .max(64),
  /** The name of the secret that opens it; null if it needs none. */
  key: secretName.nullable().default(null),
  /**
   * The weight of its vote in an ensemble whose policy does not list it, and its place in the order of asking: the lowest
   * first.
   */
  weight: z.number().min(0.001).max(100).default(1),
  priority: z.number().int().min(0).max(1_000).default(100),
  /** The data classes for which the owner trusts it. `allows` decides which of them it gets. */
  data_classes: z.array(leaving).default([]),
  timeout_ms: z.number().int().min(1_000).max(600_000).default(limits.upstream_answer_ms),
}

const openai = z
  .strictObject({
    ...common,
    kind: z.literal('openai'),
    base_url: baseUrl,
    /** The field for the most tokens of an answer: some providers know only the newer one. */
    max_tokens_field: z.enum(['max_tokens', 'max_completion_tokens']).default('max_tokens'),
    /** Whether it gets temperature, seed and penalties: servers of reasoning models refuse them. */
    sampling: z.boolean().default(true),
  })
  .refine(({ base_url, key }) => key === null || sealed(base_url), {
    path: ['base_url'],
    error: 'a key goes over https, or to this machine',
  })

const command = z
  .strictObject({
    ...common,
    kind: z.literal('command'),
    /** The program and its arguments; no shell reads them. */
    command: z
      .array(programWord)
      .min(1)
      .max(64)
      .refine(([program]) => /^[^=]+$/.test(program ?? ''), 'not a program'),
    /** The variable in which it gets its key. */
    key_variable: keyVariable,
  })
  .refine(hasVariable, variableRefusal)

const provider = z.discriminatedUnion('kind', [openai, command])

const count = z.number().int().min(0).max(1_000_000_000)

/** The section `upstream` of the configuration: providers of models outside the mesh. */
export const upstreamSection = z
  .strictObject({
    providers: z.array(provider).max(16).default([]),
    /** The only data that leaves, whatever a request says. */
    allows: z.array(z.strictObject({ provider: z.string(), data_class: leaving })).default([]),
    budget: z
      .strictObject({
        tokens_per_day: count.default(limits.upstream_tokens_per_day),
        requests_per_day: count.default(limits.upstream_requests_per_day),
      })
      .prefault({}),
    /** The handling of a request in which secrets or personal data were found. */
    filter: z
      .strictObject({
        secrets: z.enum(['refuse', 'mask']).default('refuse'),
        pii: z.enum(['refuse', 'mask']).default('mask'),
      })
      .prefault({}),
  })
  .superRefine(({ providers, allows }, context) => {
    const names = providers.map(({ name }) => name)
    for (const [index, name] of names.entries())
      if (names.indexOf(name) !== index)
        context.addIssue({ code: 'custom', path: ['providers', index, 'name'], message: 'a name twice' })
    for (const [index, allow] of allows.entries())
      if (!names.includes(allow.provider))
        context.addIssue({
          code: 'custom',
          path: ['allows', index, 'provider'],
          message: `no provider is called '${allow.provider}'`,
        })
  })

/** The providers of models outside the mesh, and the data for them. */
export type UpstreamConfig = DeepReadonly<z.output<typeof upstreamSection>>
/** A provider. */
export type ProviderConfig = UpstreamConfig['providers'][number]
/** A provider that speaks OpenAI's protocol. */
export type OpenAiConfig = DeepReadonly<z.output<typeof openai>>
/** A provider that is a program. */
export type CommandConfig = DeepReadonly<z.output<typeof command>>
/** The handling of the filter's findings. */
export type FilterRules = UpstreamConfig['filter']

function plain({ username, password, search, hash }: URL): boolean {
  return `${username}${password}${search}${hash}` === ''
}

/** Whether a key may go to this URL: over TLS, or to this machine. */
export function sealed(text: string): boolean {
  const url = new URL(text)
  return url.protocol === 'https:' || thisMachine.includes(url.hostname)
}
