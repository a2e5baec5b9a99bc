/** Defines the operations that find and fix faults of this machine. */
import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const finding = z.strictObject({
  name: z.string().describe('the check'),
  level: z.enum(['ok', 'warn', 'fail']).describe('fail: the machine cannot work with it'),
  detail: z.string().describe('the finding, as one sentence without a full stop'),
  fix: z.string().nullable().describe('the advice for the user; null when all is well'),
})

/** Checks this machine, with all checks in parallel. */
export const doctor = defineOperation({
  name: 'doctor',
  title: 'Check this machine',
  summary: 'Check this machine, and name each problem and its fix',
  description:
    'Checks the parts that this machine needs, and returns a finding for each, with its fix if it is a problem. It needs no running daemon.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({ checks: z.array(finding).describe('the findings, one for each check') }),
  errors: [],
  examples: ['ripple doctor', 'ripple doctor --json'],
  surfaces: { http: false, cli: {} },
})

/** Looks an error code up in the table of errors. */
export const explain = defineOperation({
  name: 'explain',
  title: 'Explain an error',
  summary: 'Explain an error code',
  description: "Returns an error code's message, its hint, its HTTP status and its exit code.",
  effect: 'read',
  input: z.strictObject({ code: z.string().max(64).describe('such as RIPPLE_NO_DAEMON') }),
  output: z.strictObject({
    code: z.string().describe('the code'),
    message: z.string().describe('its message, with {names} of the facts that it shows'),
    hint: z.string().describe('its advice, likewise'),
    http: z.number().int().describe('HTTP status of an answer with it'),
    exit: z.number().int().describe('exit code of a command that ends with it'),
  }),
  errors: ['RIPPLE_USAGE'],
  examples: ['ripple explain RIPPLE_DATA_IN_USE'],
  surfaces: { http: false, cli: { flags: { code: '<CODE>' } } },
})

/** Prepares the recovery of a data folder whose chains are old or damaged. */
export const restore = defineOperation({
  name: 'restore',
  title: 'Restore the chains',
  summary: "Let the next start fetch this machine's chains from its peers",
  description:
    "Moves a stopped daemon's copy of its chains aside, so that its next start fetches them from peers. Keys, journal, artifacts and receipts stay. Use it if the chains are old or damaged.",
  effect: 'destroy',
  idempotent: true,
  input: nothing,
  output: z.strictObject({
    agent: z.string().describe('the key whose chains are fetched'),
    data: z.string().describe('the data folder'),
    aside: z.string().describe('where the old chains lie'),
  }),
  errors: ['RIPPLE_DATA_IN_USE', 'RIPPLE_RESTORE_FAILED', 'RIPPLE_DISK_FULL'],
  examples: ['ripple down && ripple restore && ripple up', 'ripple restore --data ~/second-peer'],
  surfaces: { http: false, cli: {} },
})
