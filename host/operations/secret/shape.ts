/** Defines the operations on the secrets of the data folder. */
import { z } from 'zod'
import { secretName } from '../../types/secret-name.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const byName = z.strictObject({ name: secretName.describe('its name, as the configuration has it') })

/**
 * Stores a secret. Its value comes from the page, or from standard input, because every process can see a command line. No
 * operation returns it.
 */
export const secretSet = defineOperation({
  name: 'secret.set',
  title: 'Store a secret',
  summary: 'Store a secret in the data folder, encrypted',
  description:
    'Stores a secret, such as the key of a provider, encrypted in the data folder. It replaces a secret of the same name; a running daemon uses it from its next request on.',
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  input: byName.extend({
    base64: z
      .base64({ error: 'give the value on standard input, with --stdin' })
      .describe('its value, in base64'),
  }),
  output: byName,
  errors: ['RIPPLE_SECRET_INVALID', 'RIPPLE_SECRET_MANY', 'RIPPLE_PASSPHRASE', 'RIPPLE_DISK_FULL'],
  examples: ['ripple secret set acme --stdin < key.txt'],
  surfaces: { cli: { flags: { name: '<NAME>', base64: { as: '--stdin', kind: 'stdin-bytes' } } } },
})

/** Lists the names of secrets. */
export const secretLs = defineOperation({
  name: 'secret.ls',
  title: 'List secrets',
  summary: 'List the names of the secrets, and where each comes from',
  description: 'Lists the names of the secrets and the place that gives each, without their values.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({
    secrets: z
      .array(
        z.strictObject({
          name: z.string().describe('its name'),
          from: z.string().describe('the place that gives it: environment or file'),
        }),
      )
      .describe('the secrets, by name'),
  }),
  errors: [],
  examples: ['ripple secret ls'],
  surfaces: { cli: {} },
})

/** Removes a secret from the data folder. */
export const secretRm = defineOperation({
  name: 'secret.rm',
  title: 'Remove a secret',
  summary: 'Forget a secret of the data folder',
  description: 'Deletes a secret from the data folder. A secret of the environment stays.',
  effect: 'destroy',
  idempotent: true,
  input: byName,
  output: byName,
  errors: ['RIPPLE_SECRET_UNKNOWN'],
  examples: ['ripple secret rm acme'],
  surfaces: { cli: { flags: { name: '<NAME>' } } },
})
