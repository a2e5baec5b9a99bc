/** Defines the operations on the daemon's log. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { json } from '../../types/json.ts'
import { logLevels } from '../../types/log-page.ts'
import { defineOperation } from '../operation.ts'

const level = z.enum(logLevels)

/** A line of the log. */
export const logLineView = z.strictObject({
  at: z.number().nonnegative().describe('when it was written, in milliseconds since 1970'),
  level: level.describe('its level'),
  text: z.string().describe('its sentence'),
  event: z.string().nullable().describe('the name of its event; null for another line'),
  fields: z.record(z.string(), json).describe('its other fields, without secrets'),
})

/** Reads the newest lines of the daemon's log. */
export const logs = defineOperation({
  name: 'logs',
  title: 'Show the log',
  summary: "Show the newest lines of the daemon's log, and with -f those that follow",
  description:
    "Returns the newest lines of the daemon's log from a level on, oldest first, with a cursor. With that cursor it returns only what was written since; with follow, it waits for the next line.",
  effect: 'read',
  input: z.strictObject({
    level: level.default('info').describe('the least level'),
    limit: z
      .number()
      .int()
      .min(1)
      .max(limits.log_lines_max)
      .default(100)
      .describe('the most lines: the newest count'),
    after: z
      .string()
      .max(64)
      .nullable()
      .default(null)
      .describe('the cursor of an earlier answer: only what was written since'),
    follow: z
      .boolean()
      .default(false)
      .describe(
        `wait for a line after the cursor, ${limits.log_follow_ms / 1_000} s at most; as a command, until it is ended`,
      ),
  }),
  output: z.strictObject({
    lines: z.array(logLineView).describe('the lines, oldest first'),
    cursor: z.string().describe('the place after them'),
    more: z.boolean().describe('whether older lines were left out'),
    least: level.describe('the least level that the log has now'),
  }),
  errors: ['RIPPLE_FILE_UNREADABLE'],
  waits: ({ follow }) => follow,
  examples: ['ripple logs', 'ripple logs -f --level warn', 'ripple logs --limit 20 --json'],
  surfaces: { cli: { flags: { level: '--level <LEVEL>', limit: '--limit <N>', follow: '-f, --follow' } } },
})

/** Changes the least level of the log until the daemon ends. */
export const logsLevel = defineOperation({
  name: 'logs.level',
  title: 'Change the level of the log',
  summary: 'Change the least level of the log, until the daemon ends',
  description:
    'Changes which lines the daemon writes to its log from now on. The next start has the level of the setting log.level again. No level shows prompts, answers or secrets.',
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  input: z.strictObject({ level: level.describe(`the least level: ${logLevels.join(', ')}`) }),
  output: z.strictObject({
    level: level.describe('the least level from now on'),
    was: level.describe('the least level before'),
  }),
  errors: [],
  examples: ['ripple logs level debug', 'ripple logs level info'],
  surfaces: { cli: { flags: { level: '<LEVEL>' } } },
})
