/** Defines the operations on the keys of programs. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { scopes } from '../../types/principal.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const count = z.number().int().nonnegative()
const scope = z.enum(scopes)
const taken: readonly string[] = ['owner', 'page', 'v1']

const keyFields = {
  name: z.string().describe('its name'),
  scopes: z.array(scope).describe('what it may do'),
  tokens_per_day: count
    .nullable()
    .describe(
      'tokens, read and generated, of a UTC day after which its asks are refused; null without a bound',
    ),
}

const createInput = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'not a name: a letter, then up to 31 letters, digits, - or _')
      .refine(
        (given) => !taken.includes(given),
        `one of the names that Ripple uses itself: ${taken.join(', ')}`,
      )
      .describe('its name, in lower case'),
    scopes: z
      .array(scope)
      .min(1)
      .default(['infer'])
      .transform((given) => [...new Set(given)])
      .describe(`what it may do: ${scopes.join(', ')}; if left out, infer`),
    tokens_per_day: z
      .int()
      .min(1)
      .max(limits.key_tokens_per_day_max)
      .nullable()
      .default(null)
      .describe('refuse its asks once a UTC day has taken so many tokens, read and generated'),
  })
  // A task's tokens are not known when it is posted, so a bound would not hold for such a key.
  .refine(
    (given) =>
      given.tokens_per_day === null || !given.scopes.some((one) => one === 'write' || one === 'admin'),
    { path: ['tokens_per_day'], error: 'bounds keys with the scopes infer and read alone' },
  )

/** Makes a key for a program. */
export const keyCreate = defineOperation({
  name: 'key.create',
  title: 'Make a key',
  summary: 'Make a key for a program, with the scopes that it may use',
  description:
    'Makes a key for a program and returns it once; only its digest is stored. The key may call the operations of its scopes.',
  effect: 'write',
  scope: 'admin',
  input: createInput,
  output: z.strictObject({ ...keyFields, key: z.string().describe('the key, shown this once') }),
  errors: ['RIPPLE_KEY_EXISTS', 'RIPPLE_KEY_MANY', 'RIPPLE_DISK_FULL'],
  examples: [
    'ripple key create editor',
    'ripple key create dashboard --scope read',
    'ripple key create bot --scope infer,read --tokens-per-day 200000',
  ],
  surfaces: {
    cli: {
      flags: { name: '<NAME>', scopes: '--scope <LIST>', tokens_per_day: '--tokens-per-day <N>' },
    },
  },
})

const keyView = z.strictObject({
  ...keyFields,
  created_at: z.number().nullable().describe('milliseconds since 1970; null for the key in openai.key'),
  today: z
    .strictObject({
      requests: count.describe('asks'),
      tokens_in: count.describe('tokens that were read'),
      tokens_out: count.describe('tokens that were generated'),
    })
    .describe('its use in this UTC day'),
})

/** Lists the keys of programs, and their use in this UTC day. */
export const keyLs = defineOperation({
  name: 'key.ls',
  title: 'List keys',
  summary: 'List the keys of programs, their scopes, and their use today',
  description:
    'Lists the names of the keys that programs have, with the scopes, the bound and the use of this UTC day of each. The keys themselves are not shown.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({ keys: z.array(keyView).describe('the keys') }),
  errors: [],
  examples: ['ripple key ls', 'ripple key ls --json'],
  surfaces: { cli: {} },
})

const byName = z.strictObject({ name: z.string().min(1).max(64).describe('its name') })

/** Removes a program's key. */
export const keyRm = defineOperation({
  name: 'key.rm',
  title: 'Remove a key',
  summary: 'Remove the key of a program, which is refused from then on',
  description: 'Removes the key of a program, which is refused from then on. It cannot be brought back.',
  effect: 'destroy',
  idempotent: true,
  input: byName,
  output: byName,
  errors: ['RIPPLE_KEY_UNKNOWN', 'RIPPLE_DISK_FULL'],
  examples: ['ripple key rm editor'],
  surfaces: { cli: { flags: { name: '<NAME>' } } },
})
