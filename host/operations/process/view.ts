/** Defines the outputs of the operations that start processes. */
import { z } from 'zod'
import { apiView } from '../machine/view.ts'

/** The output of `up` once the daemon is ready. */
export const readyView = z.strictObject({
  ready: z.literal(true).describe('always true: a daemon that does not start is an error'),
  already: z.boolean().default(false).describe('whether it ran before this command'),
  same_network: z
    .boolean()
    .nullable()
    .default(null)
    .describe('whether a daemon that ran before is on the network of --bootstrap; null if none was named'),
  pid: z.number().int().describe("the daemon's process"),
  agent: z.string().describe("this machine's agent key"),
  network: z.string().describe("the network's name"),
  local: z.string().nullable().describe('the name of a local network; null for the other networks'),
  server: z
    .string()
    .nullable()
    .describe('the URL of its server, with the name of a local network; null if the LAN chooses a machine'),
  joined: z
    .enum(['named', 'last', 'new'])
    .describe(
      'named: by this start or its configuration; last: the network of the last run; new: the default one, at the first start of this folder',
    ),
  data: z.string().describe('the data folder'),
  api: apiView,
  join: z
    .string()
    .nullable()
    .describe(
      'the command that joins another machine; null if the network file names a server, or it takes an invite',
    ),
})
