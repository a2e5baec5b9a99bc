/** Defines the outputs of the verbs that need no running daemon. */
import { z } from 'zod'
import { signedCard } from '../ensemble/score-card.ts'

/** The output of `up` once the daemon is ready. */
export const readyView = z.strictObject({
  ready: z.literal(true),
  already: z.boolean().default(false).describe('whether it ran before this command'),
  same_network: z
    .boolean()
    .nullable()
    .default(null)
    .describe('whether a daemon that ran before is on the network of --bootstrap; null where none was named'),
  pid: z.number().int(),
  agent: z.string(),
  network: z.string(),
  server: z.string().describe('the URL of its server, with the session'),
  joined: z
    .enum(['named', 'last', 'new'])
    .describe(
      'named by this start or its configuration, the one of the last run, or one that was founded now',
    ),
  data: z.string(),
  api: z.strictObject({
    url: z.string(),
    token_file: z.string().describe('the token that lets in everywhere'),
    key_file: z.string().describe("the key that lets in to OpenAI's endpoints alone"),
  }),
  join: z
    .string()
    .nullable()
    .describe('the command that joins another machine; null when the network file names a server'),
})

/** The output of `verify`: facts that the receipt shows, and facts that it cannot show. */
export const verdictView = z.strictObject({
  verified: z.literal(true),
  file: z.string(),
  task: z.string(),
  network: z.string().describe("the network's DNA hash"),
  poster: z.string(),
  worker: z.string().nullable(),
  one_sided: z.boolean().describe('whether it lacks the Close'),
  self_made: z.boolean().describe('whether poster and worker are the same key'),
  prompt: z.string().nullable(),
  output: z.string().nullable(),
  shown: z.array(z.string()),
  not_shown: z.array(z.string()),
  replay: z
    .strictObject({ same: z.boolean(), detail: z.string() })
    .nullable()
    .describe('null unless --replay'),
  online: z.array(z.string()).nullable().describe('findings about siblings and forks; null unless --online'),
})

/** The output of `moe card verify`: facts that the score card shows, and facts that it cannot show. */
export const cardVerdictView = z.strictObject({
  verified: z.literal(true),
  file: z.string(),
  card: signedCard.shape.card,
  public_key: z.string().describe('the libp2p key that signed'),
  shown: z.array(z.string()),
  not_shown: z.array(z.string()),
  online: z
    .strictObject({ named: z.boolean(), detail: z.string() })
    .nullable()
    .describe("whether the agent's own card names that key; null unless --online"),
})

/** The output of `doctor`. */
export const doctorView = z.strictObject({
  checks: z.array(
    z.strictObject({
      name: z.string(),
      level: z.enum(['ok', 'warn', 'fail']),
      detail: z.string(),
      fix: z.string().nullable(),
    }),
  ),
})

/** The output of `restore`. */
export const restoreView = z.strictObject({
  agent: z.string().describe('the key whose chains are fetched'),
  data: z.string(),
  aside: z.string().describe('where the old chains lie'),
})
