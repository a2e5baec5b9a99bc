/** Defines the operations that store, fetch and pin artifacts. */
import { z } from 'zod'
import type { ErrorCode } from '../../errors/table.ts'
import { limits } from '../../limits.ts'
import { defineOperation } from '../operation.ts'
import { madeKeyField, nothing, pathField } from '../request-fields.ts'

const cid = z.string().min(1).max(128).describe('the content identifier')
const bytes = z.number().int().nonnegative().describe('length of the content, in bytes')
/** The longest name of a file, in characters. */
const NAME_CHARS_MAX = 255
const pinned = z.strictObject({ cid, bytes })
const listed = z.strictObject({
  cid,
  bytes,
  name: z
    .string()
    .nullable()
    .default(null)
    .describe('name under which a file was added here; null without one'),
  kind: z
    .enum(['file', 'answer', 'other'])
    .default('other')
    .describe(
      'file: added here with a name; answer: the output of an own task; other: for instance added without a name, or pinned from a peer, or an output for another machine',
    ),
  task: z
    .string()
    .nullable()
    .default(null)
    .describe('the own task whose output it is; null if there is none'),
  encrypted: z.boolean().default(false).describe('whether it is the ciphertext of an answer'),
  held_by: z
    .array(z.string())
    .default([])
    .describe(
      'agent keys of the machines that are known to have pinned it: this one, and the worker of an answer; others may have it',
    ),
})

/** Fields of an operation that fetches. */
const fetchFields = {
  cid,
  timeout_ms: z
    .number()
    .int()
    .min(1_000)
    .max(limits.artifact_fetch_ms)
    .default(limits.artifact_fetch_ms)
    .describe('how long to look for it'),
  id: madeKeyField.describe('key under which its progress is reported; if left out, a random one'),
}

const fetchFlags = { cid: '<CID>', timeout_ms: '--timeout <TIME>' }

/** Codes with which a fetch fails. */
const fetchErrors: readonly ErrorCode[] = [
  'RIPPLE_CID_INVALID',
  'RIPPLE_ARTIFACT_UNAVAILABLE',
  'RIPPLE_ARTIFACT_TOO_LARGE',
  'RIPPLE_KUBO_UNREACHABLE',
  'RIPPLE_DISK_FULL',
]

/** Stores and pins a file's bytes. */
export const artifactAdd = defineOperation({
  name: 'artifact.add',
  title: 'Add an artifact',
  summary: 'Put a file on IPFS and pin it here',
  description:
    'Stores bytes in the content-addressed store of this machine, pins them, and returns their CID. Peers can then fetch them by that CID. The same bytes have the same CID.',
  effect: 'write',
  idempotent: true,
  input: z
    .strictObject({
      path: pathField.nullable().default(null).describe('the file; without it, give the bytes'),
      base64: z.base64().nullable().default(null).describe('the bytes in base64; without them, name a file'),
      name: z
        .string()
        .min(1)
        .max(NAME_CHARS_MAX)
        .nullable()
        .default(null)
        .describe('a name for lists on this machine; if left out, that of the file'),
    })
    .refine((given) => (given.path === null) !== (given.base64 === null), 'give either a file or the bytes'),
  output: pinned,
  errors: [
    'RIPPLE_FILE_UNREADABLE',
    'RIPPLE_ARTIFACT_TOO_LARGE',
    'RIPPLE_KUBO_UNREACHABLE',
    'RIPPLE_DISK_FULL',
  ],
  waits: true,
  examples: ['ripple artifact add photo.jpg', 'date | ripple artifact add --stdin'],
  surfaces: {
    mcp: 'artifact.add',
    cli: {
      flags: {
        path: { as: '[FILE]', kind: 'path', about: 'the file' },
        base64: { as: '--stdin', kind: 'stdin-bytes' },
      },
    },
  },
})

/** Reads an artifact, from here or from peers. */
export const artifactGet = defineOperation({
  name: 'artifact.get',
  title: 'Read an artifact',
  summary: 'Read an artifact, from here or from a peer that has it',
  description:
    'Returns the bytes of a CID, from this machine or else from its peers, or writes them to a file. Use a file for content that is too large for an answer.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    ...fetchFields,
    output: pathField
      .nullable()
      .default(null)
      .describe('the file to write it to; if left out, the answer has the bytes'),
  }),
  output: z.strictObject({
    cid,
    bytes,
    base64: z.string().nullable().describe('the bytes in base64; null if they went to a file'),
    path: z.string().nullable().describe('path of the file; null if the answer has the bytes'),
  }),
  errors: [...fetchErrors, 'RIPPLE_ARTIFACT_NEEDS_FILE', 'RIPPLE_FILE_UNWRITABLE'],
  progress: 'id',
  waits: true,
  examples: ['ripple artifact get bafkreigh... --output photo.jpg', 'ripple artifact get bafkreigh...'],
  surfaces: {
    mcp: 'artifact.get',
    cli: {
      flags: { ...fetchFlags, output: { as: '--output <FILE>', kind: 'path', about: 'write it to a file' } },
    },
  },
})

/** Pins or unpins an artifact. */
export const artifactPin = defineOperation({
  name: 'artifact.pin',
  title: 'Pin an artifact',
  summary: 'Fetch an artifact if need be and keep it',
  description:
    'Makes this machine keep the content of a CID, and fetches it from peers first if it is not here. With remove, the content is no longer kept, and its bytes may be deleted.',
  effect: 'destroy',
  scope: 'write',
  idempotent: true,
  input: z.strictObject({
    ...fetchFields,
    remove: z.boolean().default(false).describe('unpin it instead'),
  }),
  output: z.strictObject({ cid, pinned: z.boolean().describe('whether it is pinned here now') }),
  errors: fetchErrors,
  progress: 'id',
  waits: true,
  examples: ['ripple artifact pin bafkreigh...', 'ripple artifact pin bafkreigh... --remove'],
  surfaces: { mcp: 'artifact.pin', cli: { flags: { ...fetchFlags, remove: '--remove' } } },
})

/** Lists the artifacts that are pinned here. */
export const artifactLs = defineOperation({
  name: 'artifact.ls',
  title: 'List artifacts',
  summary: 'List what is pinned here',
  description:
    'Lists the artifacts that this machine keeps, each with its CID, its length, its name, and the task whose answer it is. No machine reports what it has pinned, so the known holders are those that had to pin it.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({ artifacts: z.array(listed).describe('the pinned artifacts') }),
  errors: ['RIPPLE_KUBO_UNREACHABLE'],
  examples: ['ripple artifact ls'],
  surfaces: { mcp: 'artifact.ls', cli: {} },
})
