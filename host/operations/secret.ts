/** Defines the verbs that set, list and remove secrets. */
import { z } from 'zod'
import { secretName } from '../config/secrets.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { list } from './layout.ts'
import type { Local } from './local.ts'
import { operation } from './whole.ts'

const name = { as: '<NAME>', about: 'its name, as the configuration has it' } as const
const one = z.strictObject({ name: secretName })

const setInput = z.strictObject({
  name: secretName,
  base64: z.base64({ error: 'give the value on standard input, with --stdin' }),
})

/** Stores a secret. Its value comes only from standard input, because every process can see a command line. */
export const secretSet = operation<Local, typeof setInput, typeof one>({
  name: 'secret.set',
  effect: 'write',
  summary: 'Store a secret in the data folder, encrypted',
  examples: ['ripple secret set acme --stdin < key.txt'],
  input: setInput,
  output: one,
  cli: {
    name,
    base64: { as: '--stdin', about: 'read the value from standard input', kind: 'stdin-bytes' },
  },
  run: async (local, given) => {
    await local.secrets.set(given.name, Buffer.from(given.base64, 'base64'))
    return { name: given.name }
  },
  render: (kept) => ({ lines: [], notes: [`'${kept.name}' is kept`] }),
})

const nothing = z.strictObject({})
const lsOutput = z.strictObject({ secrets: z.array(z.strictObject({ name: z.string(), from: z.string() })) })

/** Lists the names of secrets. */
export const secretLs = operation<Local, typeof nothing, typeof lsOutput>({
  name: 'secret.ls',
  effect: 'read',
  summary: 'List the names of the secrets, and where each comes from',
  examples: ['ripple secret ls'],
  input: nothing,
  output: lsOutput,
  cli: {},
  run: async (local) => ({ secrets: [...(await local.secrets.list())] }),
  render: ({ secrets }, screen) =>
    list(
      [{ head: 'NAME', least: 12 }, 'FROM'],
      secrets.map((place) => [place.name, place.from]),
      { none: "none yet; keep one with 'ripple secret set NAME --stdin'", screen },
    ),
})

/** Removes a secret from the data folder. */
export const secretRm = operation<Local, typeof one, typeof one>({
  name: 'secret.rm',
  effect: 'destroy',
  summary: 'Forget a secret of the data folder',
  examples: ['ripple secret rm acme'],
  input: one,
  output: one,
  cli: { name },
  run: async (local, given) => {
    if (!(await local.secrets.remove(given.name)))
      throw new RippleError('RIPPLE_SECRET_UNKNOWN', { name: given.name })
    return given
  },
  render: (gone) => ({ lines: [], notes: [`'${gone.name}' is forgotten`] }),
})
