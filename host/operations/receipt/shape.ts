/** Defines the operations that judge a receipt. */
import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pathField } from '../request-fields.ts'

/** Searches the network for facts that a receipt alone cannot show: siblings, forks, later events. */
export const receiptSiblings = defineOperation({
  name: 'receipt.siblings',
  title: 'Compare a receipt with the network',
  summary: "Look for siblings and forks of a receipt's events on the network",
  description:
    'Compares a receipt with the events that this machine sees on the network: siblings, forks and later events, which the receipt alone cannot show. An empty list means that none is known here.',
  effect: 'read',
  input: z.strictObject({ base64: z.base64().describe("the receipt's bytes, in base64") }),
  output: z.strictObject({ findings: z.array(z.string()).describe('the findings, each a sentence') }),
  errors: ['RIPPLE_RECEIPT_INVALID', 'RIPPLE_CONDUCTOR_DOWN', 'RIPPLE_DHT_UNAVAILABLE'],
  examples: ['ripple receipt siblings --stdin < answer.receipt'],
  surfaces: {
    mcp: 'receipt.siblings',
    cli: {
      flags: {
        base64: { as: '--stdin', kind: 'stdin-bytes', about: 'read the receipt from standard input' },
      },
    },
  },
})

/** Facts that a receipt shows, and facts that it cannot show. */
const verdict = z.strictObject({
  verified: z.literal(true).describe('true; a receipt that does not hold is an error'),
  file: z.string().describe('path of the receipt'),
  task: z.string().describe('hash of its task'),
  network: z.string().describe("the network's DNA hash"),
  poster: z.string().describe('agent key of the machine that posted the task'),
  worker: z.string().nullable().describe('agent key of the machine that ran it; null without a result'),
  one_sided: z.boolean().describe('whether it lacks the Close'),
  self_made: z.boolean().describe('whether poster and worker are the same key'),
  prompt: z.string().nullable().describe('the prompt; null if it is not revealed'),
  output: z.string().nullable().describe('the answer; null if it is not revealed'),
  shown: z.array(z.string()).describe('facts that the receipt shows'),
  not_shown: z.array(z.string()).describe('facts that the receipt alone cannot show'),
  replay: z
    .strictObject({
      same: z.boolean().describe('whether the model gave the same answer again'),
      detail: z.string().describe('the same as a sentence'),
    })
    .nullable()
    .describe('outcome of the second run; null unless it was asked for'),
  online: z
    .array(z.string())
    .nullable()
    .describe('findings about siblings and forks; null unless they were asked for'),
})

/** Verifies a receipt, without daemon, conductor or network. */
export const verify = defineOperation({
  name: 'verify',
  title: 'Verify a receipt',
  summary: 'Verify a receipt; needs no daemon, conductor or network',
  description:
    'Verifies the signatures and the rules of a receipt from its file alone, and says what it shows and what it cannot show. With replay, the model runs again on this machine and the answers are compared.',
  effect: 'read',
  input: z.strictObject({
    file: pathField.describe('the receipt'),
    replay: z.boolean().default(false).describe('run the model again and compare'),
    online: z.boolean().default(false).describe('ask the running daemon for siblings and forks'),
  }),
  output: verdict,
  errors: [
    'RIPPLE_FILE_UNREADABLE',
    'RIPPLE_NOT_A_RECEIPT',
    'RIPPLE_RECEIPT_INVALID',
    'RIPPLE_REPLAY_IMPOSSIBLE',
    'RIPPLE_MODEL_MISSING',
    'RIPPLE_MODEL_MEMORY',
    'RIPPLE_ENGINE_CRASHED',
    'RIPPLE_ENGINE_STALLED',
    'RIPPLE_NO_DAEMON',
    'RIPPLE_CONDUCTOR_DOWN',
    'RIPPLE_DHT_UNAVAILABLE',
  ],
  examples: [
    'ripple verify answer.receipt',
    'ripple verify answer.receipt --replay',
    'ripple verify answer.receipt --json',
  ],
  surfaces: {
    http: false,
    cli: { flags: { file: { as: '<FILE>', kind: 'path' }, replay: '--replay', online: '--online' } },
  },
})
