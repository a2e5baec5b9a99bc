/** Defines the verbs that verify score cards. */
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import type { Context } from './context.ts'
import type { Local } from './local.ts'
import { cardVerdictView } from './local-views.ts'
import { cardLines } from './moe.ts'
import { operation } from './whole.ts'

const verifyInput = z.strictObject({
  file: z.string().max(4_096).refine(isAbsolute, 'not an absolute path'),
  online: z.boolean().default(false),
})

/** Verifies a score card from its bytes alone. */
export const moeCardVerify = operation<Local, typeof verifyInput, typeof cardVerdictView>({
  name: 'moe.card_verify',
  effect: 'read',
  command: 'moe card verify',
  summary: 'Verify a score card; needs no daemon, conductor or network',
  examples: ['ripple moe card verify score.json', 'ripple moe card verify score.json --online'],
  input: verifyInput,
  output: cardVerdictView,
  cli: {
    file: { as: '<FILE>', about: 'the score card', kind: 'path' },
    online: {
      as: '--online',
      about: "ask the running daemon whether the agent's own card names the key that signed",
      kind: 'boolean',
    },
  },
  run: (local, { file, online }, signal) => local.verifyCard(file, online, signal),
  render: ({ file, card, shown, not_shown, online }, screen) => ({
    lines: [
      `verified: ${file}`,
      '',
      ...cardLines(card, screen),
      '',
      'Shown:',
      ...shown.map((line) => `  ${line}`),
      '',
      'Not shown:',
      ...not_shown.map((line) => `  ${line}`),
      ...(online === null ? [] : ['', `Online: ${online.detail}`]),
    ],
  }),
  exit: ({ online }) => (online === null || online.named ? 0 : 1),
})

const keyInput = z.strictObject({
  agent: z.string().max(64),
  public_key: z.string().regex(/^[0-9a-f]{64}$/, 'not 64 hexadecimal digits'),
})
const keyOutput = z.strictObject({ named: z.boolean(), detail: z.string() })

/** Checks whether an agent's own card, which that agent has signed, names a libp2p key. */
export const moeCardKey = operation<Context, typeof keyInput, typeof keyOutput>({
  name: 'moe.card_key',
  effect: 'read',
  command: 'moe card key',
  summary: "Say whether an agent's own card on the network names a libp2p key",
  examples: ['ripple moe card key uhCAk... 5f0c...'],
  input: keyInput,
  output: keyOutput,
  cli: {
    agent: { as: '<AGENT>', about: "the agent's key" },
    public_key: { as: '<KEY>', about: 'the libp2p key, 64 hexadecimal digits' },
  },
  run: async (context, { agent, public_key }, signal) => {
    const peer = (await context.peers(signal)).find((one) => one.agent === agent)
    if (peer === undefined) return { named: false, detail: `no card of ${agent} is known here` }
    const named = peer.card.peer.public_key === public_key
    return { named, detail: `the card of ${agent} names ${named ? 'this key' : 'another key'}` }
  },
  render: ({ detail }) => ({ lines: [detail] }),
  exit: ({ named }) => (named ? 0 : 1),
})
