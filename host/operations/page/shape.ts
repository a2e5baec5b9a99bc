/** Defines the operations that open the page. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

/** Seconds within which a code lets a page in. */
export const CODE_SECONDS = limits.page_code_ms / 1_000

/** Makes a code that gives one page access. */
export const pageCode = defineOperation({
  name: 'open',
  title: 'Let a page in',
  summary: 'Say where the page is, and make a code that lets one in',
  description: `Returns the address of the page and a code that one page exchanges for a key within ${CODE_SECONDS} seconds.`,
  effect: 'write',
  scope: 'admin',
  input: nothing,
  output: z.strictObject({
    url: z.string().describe('address of the page'),
    code: z.string().describe(`good for one key of a page, for ${CODE_SECONDS} seconds`),
  }),
  errors: [],
  examples: ['ripple open'],
  surfaces: {},
})

/** Opens the page in the user's browser, or prints its address. */
export const openPage = defineOperation({
  name: 'open',
  title: 'Open the page',
  summary: "Open the daemon's page in the browser",
  description: `Opens the daemon's page in the browser of this machine. With print, or without a browser, it returns an address that lets one page in, within ${CODE_SECONDS} seconds.`,
  effect: 'write',
  scope: 'admin',
  input: z.strictObject({
    print: z
      .boolean()
      .default(false)
      .describe(`only print an address that lets one page in, within ${CODE_SECONDS} seconds`),
  }),
  output: z.strictObject({
    url: z
      .string()
      .describe('address of the page; if no browser was started, with a code that lets one page in'),
    opened: z.boolean().describe('whether a browser was started'),
  }),
  errors: ['RIPPLE_NO_DAEMON'],
  examples: ['ripple open', 'ripple open --print'],
  surfaces: { http: false, cli: { flags: { print: '--print' } } },
})
