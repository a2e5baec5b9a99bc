/** Defines the operation that shows the configuration. */
import { z } from 'zod'
import { json } from '../../types/json.ts'
import { settingOrigins } from '../../types/setting-origin.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const settingView = z.strictObject({
  name: z.string().describe('its place in the file, such as share.hours'),
  value: json.describe('its value'),
  from: z.enum(settingOrigins).describe('what gives its value'),
  variable: z.string().nullable().describe('its variable; null if only the file can set it'),
  about: z.string().describe('what it decides'),
})

/** A setting with its value and origin. */
export type SettingView = z.input<typeof settingView>

/** Shows the configuration that the daemon runs with. */
export const configShow = defineOperation({
  name: 'config.show',
  title: 'Show the configuration',
  summary: "Show the daemon's settings, and where each value comes from",
  description:
    'Returns every setting with the value that the daemon runs with and what gives it: the command line, the environment, the file, the last run or the default. A change of the file counts from the next start.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({
    file: z.string().describe('the configuration file, which may be missing'),
    settings: z.array(settingView).describe('the settings'),
  }),
  errors: [],
  examples: ['ripple config show', 'ripple config show --json'],
  surfaces: { cli: {} },
})
