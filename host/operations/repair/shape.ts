/** Defines the operations that find and fix faults of this machine. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { finding } from '../../types/finding.ts'
import { machineFacts, pairFacts } from '../../types/machine-facts.ts'
import { defineOperation } from '../operation.ts'
import { nothing, pathField } from '../request-fields.ts'

/** Checks this machine, with all checks in parallel, and compares it with another one. */
export const doctor = defineOperation({
  name: 'doctor',
  title: 'Check this machine',
  summary: 'Check this machine, or compare it with another, and name the most likely cause of a problem',
  description:
    'Checks the parts that this machine needs, and returns a finding for each, with its fix if it is a problem. With another machine it compares both, and each tries to reach the other. The last line names the most likely cause. Only the comparison with a peer by its name needs a running daemon.',
  effect: 'read',
  input: z.strictObject({
    with: z
      .string()
      .min(1)
      .max(limits.doctor_code_chars_max)
      .optional()
      .describe(
        "another machine: its name, the beginning of its agent key, or the code that 'ripple doctor --code' prints there",
      ),
    code: z.boolean().default(false).describe("print this machine's code, for a comparison on another one"),
  }),
  output: z.strictObject({
    checks: z.array(finding).describe('the findings, one for each check'),
    with: z.string().nullable().default(null).describe('the name of the other machine; null without one'),
    cause: finding.nullable().default(null).describe('the finding that most likely causes the others'),
    conclusion: z.string().default('').describe('the most likely cause, as one sentence'),
    code: z.string().nullable().default(null).describe("this machine's code, if it was asked for"),
  }),
  errors: ['RIPPLE_DOCTOR_CODE', 'RIPPLE_NO_DAEMON', 'RIPPLE_PEER_UNKNOWN'],
  examples: [
    'ripple doctor',
    'ripple doctor --with laptop',
    'ripple doctor --code',
    'ripple doctor --with ripple-doctor-1:jVbb...',
    'ripple doctor --json',
  ],
  surfaces: { mcp: 'doctor', cli: { flags: { with: '--with <PEER>', code: '--code' } } },
})

/** Writes an archive for a bug report. */
export const doctorBundle = defineOperation({
  name: 'doctor.bundle',
  title: 'Write an archive for a bug report',
  summary: "Write an archive of this machine's facts, checks, settings and logs, without secrets",
  description:
    'Writes a tar.gz file that only its owner can read: the facts and checks of doctor, the settings, and the ends of the logs. Secrets are masked. It needs no running daemon.',
  effect: 'write',
  input: z.strictObject({
    file: pathField
      .optional()
      .describe('the file to write, which must not exist; ripple-doctor-TIME.tar.gz if left out'),
  }),
  output: z.strictObject({
    file: z.string().describe('the written file'),
    bytes: z.number().int().describe('its size'),
    entries: z.array(z.string()).describe('the files in it'),
  }),
  errors: ['RIPPLE_FILE_UNWRITABLE'],
  examples: ['ripple doctor bundle', 'ripple doctor bundle report.tar.gz'],
  surfaces: { http: false, cli: { flags: { file: { as: '[FILE]', kind: 'path' } } } },
})

/** Returns the facts of a machine whose daemon runs. */
export const doctorFacts = defineOperation({
  name: 'doctor.facts',
  title: 'Facts of this machine',
  summary: 'Return the facts by which doctor judges this machine',
  description:
    'Returns what this machine knows of itself: versions, network, addresses, server, peers, gossip, disk, memory, models. It holds no secret.',
  effect: 'read',
  input: nothing,
  output: machineFacts,
  errors: [],
  examples: ['ripple doctor --json'],
  surfaces: {},
})

/** Compares a machine whose daemon runs with one of its peers. */
export const doctorCompare = defineOperation({
  name: 'doctor.compare',
  title: 'Compare with a peer',
  summary: 'Collect the facts of this machine and of a peer, and what each reaches of the other',
  description:
    'Asks a peer for its facts, while each machine tries to reach the other by TCP and UDP. A peer that does not answer is named too, with what its addresses answer.',
  effect: 'read',
  input: z.strictObject({
    peer: z
      .string()
      .min(1)
      .max(limits.doctor_code_chars_max)
      .describe('its name, the beginning of its agent key or libp2p peer id, or the code of a machine'),
  }),
  output: z.strictObject({
    here: machineFacts.describe('the facts of this machine'),
    pair: pairFacts.describe('the facts of the other machine, and what each reaches of the other'),
  }),
  errors: ['RIPPLE_PEER_UNKNOWN', 'RIPPLE_DOCTOR_CODE'],
  examples: ['ripple doctor --with laptop --json'],
  surfaces: {},
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
  surfaces: { mcp: 'explain', cli: { flags: { code: '<CODE>' } } },
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
