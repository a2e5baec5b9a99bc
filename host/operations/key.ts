/** Defines the verbs that make, list and remove keys for programs. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { scopes } from '../types/principal.ts'
import type { Context } from './context.ts'
import { list } from './layout.ts'
import { operation } from './whole.ts'

const count = z.number().int().nonnegative()
const scope = z.enum(scopes)
const taken: readonly string[] = ['owner', 'page', 'v1']

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'not a name: a letter, then up to 31 letters, digits, - or _')
  .refine((given) => !taken.includes(given), `one of the names that Ripple uses itself: ${taken.join(', ')}`)

const createInput = z
  .strictObject({
    name,
    scopes: z
      .array(scope)
      .min(1)
      .default(['infer'])
      .transform((given) => [...new Set(given)]),
    tokens_per_day: z.int().min(1).max(limits.key_tokens_per_day_max).nullable().default(null),
  })
  // A task's tokens are not known when it is posted, so a bound would not hold for such a key.
  .refine(
    (given) =>
      given.tokens_per_day === null || !given.scopes.some((one) => one === 'write' || one === 'admin'),
    { path: ['tokens_per_day'], error: 'bounds keys with the scopes infer and read alone' },
  )

const createOutput = z.strictObject({
  name: z.string(),
  key: z.string().describe('shown this once'),
  scopes: z.array(scope),
  tokens_per_day: count.nullable(),
})

/** Makes a key for a program. */
export const keyCreate = operation<Context, typeof createInput, typeof createOutput>({
  name: 'key.create',
  effect: 'write',
  scope: 'admin',
  summary: 'Make a key for a program, with the scopes that it may use',
  examples: [
    'ripple key create editor',
    'ripple key create dashboard --scope read',
    'ripple key create bot --scope infer,read --tokens-per-day 200000',
  ],
  input: createInput,
  output: createOutput,
  cli: {
    name: { as: '<NAME>', about: 'its name, in lower case' },
    scopes: { as: '--scope <LIST>', about: `what it may do: ${scopes.join(', ')} (infer)`, kind: 'list' },
    tokens_per_day: {
      as: '--tokens-per-day <N>',
      about: 'refuse its asks once a UTC day has taken so many tokens, read and generated',
      kind: 'number',
    },
  },
  run: async ({ keys }, given) => ({ ...given, key: await keys.create(given) }),
  render: ({ name, key, scopes }) => ({
    lines: [key],
    notes: [`'${name}' may ${scopes.join(', ')}; this is the only time that its key is shown`],
  }),
})

const nothing = z.strictObject({})
const lsOutput = z.strictObject({
  keys: z.array(
    z.strictObject({
      name: z.string(),
      scopes: z.array(scope),
      tokens_per_day: count.nullable(),
      created_at: z.number().nullable().describe('milliseconds since 1970; null for the key in openai.key'),
      today: z
        .strictObject({ requests: count, tokens_in: count, tokens_out: count })
        .describe('its use in this UTC day'),
    }),
  ),
})

/** Lists the keys of programs, and their use in this UTC day. */
export const keyLs = operation<Context, typeof nothing, typeof lsOutput>({
  name: 'key.ls',
  effect: 'read',
  summary: 'List the keys of programs, their scopes, and their use today',
  examples: ['ripple key ls', 'ripple key ls --json'],
  input: nothing,
  output: lsOutput,
  cli: {},
  run: async ({ keys }) => ({ keys: keys.list().map((key) => ({ ...key, scopes: [...key.scopes] })) }),
  render: ({ keys }, screen) =>
    list(
      [
        { head: 'NAME', least: 8 },
        'SCOPES',
        { head: 'ASKS', drop: 2 },
        { head: 'TOKENS IN', drop: 1 },
        { head: 'TOKENS OUT', drop: 1 },
        'OF',
      ],
      keys.map(({ name, scopes, tokens_per_day, today }) => [
        name,
        scopes.join(', '),
        String(today.requests),
        String(today.tokens_in),
        String(today.tokens_out),
        tokens_per_day === null ? 'any' : String(tokens_per_day),
      ]),
      { none: 'none', screen },
    ),
})

const rmInput = z.strictObject({ name: z.string().min(1).max(64) })

/** Removes a program's key. */
export const keyRm = operation<Context, typeof rmInput, typeof rmInput>({
  name: 'key.rm',
  effect: 'destroy',
  summary: 'Remove the key of a program, which is refused from then on',
  examples: ['ripple key rm editor'],
  input: rmInput,
  output: rmInput,
  cli: { name: { as: '<NAME>', about: 'its name' } },
  run: async ({ keys }, given) => {
    await keys.remove(given.name)
    return given
  },
  render: ({ name }) => ({ lines: [], notes: [`'${name}' is refused from now on`] }),
})
