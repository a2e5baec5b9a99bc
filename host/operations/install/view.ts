/** Defines the outputs of the operations that install Ripple. */
import { z } from 'zod'

/** The state of the service of this user. */
export const serviceView = z.strictObject({
  file: z.string().describe('the file of the service'),
  installed: z.boolean().describe('whether the file is there'),
  active: z
    .string()
    .nullable()
    .describe(
      'its state in the words of the service manager, such as active or failed; null if not installed',
    ),
  enabled: z.boolean().describe("whether it starts with the user's session"),
  pid: z.number().int().nullable().describe('its process; null if it does not run'),
  lingers: z
    .boolean()
    .nullable()
    .describe('whether it runs while the user is logged out; null if that is not known'),
})

/** A file or folder of Ripple. */
export const foundView = z.strictObject({
  path: z.string().describe('the file or folder'),
  what: z.string().describe('its content'),
  bytes: z.number().int().nonnegative().describe('its size'),
})
