/** Defines the verbs that open the page. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import type { Context } from './context.ts'
import type { Local } from './local.ts'
import { operation } from './whole.ts'

const seconds = limits.page_code_ms / 1_000

const nothing = z.strictObject({})
const codeOutput = z.strictObject({
  url: z.string().describe('where the page is'),
  code: z.string().describe(`good for one key of a page, for ${seconds} seconds`),
})

/** Makes a code that gives one page access. */
export const pageCode = operation<Context, typeof nothing, typeof codeOutput>({
  name: 'open',
  effect: 'write',
  scope: 'admin',
  summary: 'Say where the page is, and make a code that lets one in',
  examples: ['ripple open'],
  input: nothing,
  output: codeOutput,
  cli: {},
  run: async (context, _given, signal) => {
    const { api } = await context.status(signal)
    return { url: `${api.url}/`, code: context.pageKeys.code() }
  },
  render: ({ url }) => ({ lines: [url] }),
})

const openInput = z.strictObject({ print: z.boolean().default(false) })
const openOutput = z.strictObject({
  url: z
    .string()
    .describe('the address of the page; where no browser was started, with a code that lets it in'),
  opened: z.boolean().describe('whether a browser was started'),
})

/** Opens the page in the user's browser, or prints its address. */
export const openPage = operation<Local, typeof openInput, typeof openOutput>({
  name: 'open',
  effect: 'write',
  scope: 'admin',
  summary: "Open the daemon's page in the browser",
  examples: ['ripple open', 'ripple open --print'],
  input: openInput,
  output: openOutput,
  cli: {
    print: {
      as: '--print',
      about: `only print an address that lets one page in, within ${seconds} seconds`,
      kind: 'boolean',
    },
  },
  run: async (local, given, signal) => {
    const page = codeOutput.parse(await local.call('open', {}, signal))
    // The code is in the fragment, which a browser never sends; the page removes it from its address at once.
    const url = `${page.url}#code=${page.code}`
    const opened = !given.print && (await local.browse(url, signal))
    return { url: opened ? page.url : url, opened }
  },
  render: ({ url, opened }) => ({
    lines: [url],
    notes: [
      opened
        ? "where no page comes up: 'ripple open --print' prints an address for any browser of this machine"
        : `lets one page in, within ${seconds} seconds`,
    ],
  }),
})
