/** Defines the outputs of the verbs that need no running daemon. */
import { z } from 'zod'

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
