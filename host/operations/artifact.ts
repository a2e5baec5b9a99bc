/** Defines the verbs that store, fetch and pin artifacts. */
import { constants } from 'node:buffer'
import { stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { checkWritable, readRegular, writeRegular } from '../files/regular-file.ts'
import { limits } from '../limits.ts'
import type { Context } from './context.ts'
import { fetchCli, fetchFields, fetchTold } from './fetch-artifact.ts'
import { list } from './layout.ts'
import { guardFile } from './named-file.ts'
import { size } from './text.ts'
import { operation } from './whole.ts'

/** Most bytes that an answer can carry: in base64 and with its other fields, it is one string of V8. */
const ANSWER_BYTES_MAX = Math.floor((constants.MAX_STRING_LENGTH - 1_024) / 4) * 3

const cid = z.string().min(1).max(128)
const path = z.string().max(4_096).refine(isAbsolute, 'not an absolute path')
const cidArgument = { as: '<CID>', about: 'the content identifier' } as const
const pinned = z.strictObject({ cid, bytes: z.number().int().nonnegative() })

const addInput = z
  .strictObject({ path: path.nullable().default(null), base64: z.base64().nullable().default(null) })
  .refine((given) => (given.path === null) !== (given.base64 === null), 'give either a file or the bytes')

/** Stores and pins a file's bytes. */
export const artifactAdd = operation<Context, typeof addInput, typeof pinned>({
  name: 'artifact.add',
  effect: 'write',
  summary: 'Put a file on IPFS and pin it here',
  examples: ['ripple artifact add photo.jpg', 'date | ripple artifact add --stdin'],
  input: addInput,
  output: pinned,
  cli: {
    path: { as: '[FILE]', about: 'the file', kind: 'path' },
    base64: { as: '--stdin', about: 'read the bytes from standard input', kind: 'stdin-bytes' },
  },
  waits: () => true,
  run: async (context, given, signal, principal) => {
    guardFile(given.path, principal)
    const bytes =
      given.path === null ? Buffer.from(given.base64 ?? '', 'base64') : await readWhole(given.path, signal)
    return { cid: await context.artifacts.add(bytes, signal), bytes: bytes.length }
  },
  render: (added) => ({ lines: [added.cid], notes: [`pinned ${size(added.bytes)}`] }),
})

const getInput = z.strictObject({ cid, ...fetchFields, output: path.nullable().default(null) })
const getOutput = z.strictObject({
  cid,
  bytes: z.number().int().nonnegative(),
  base64: z.string().nullable().describe('the bytes, unless they went to a file'),
  path: z.string().nullable(),
})

/** Reads an artifact, from here or from peers. */
export const artifactGet = operation<Context, typeof getInput, typeof getOutput>({
  name: 'artifact.get',
  effect: 'write',
  summary: 'Read an artifact, from here or from a peer that has it',
  examples: ['ripple artifact get bafkreigh... --output photo.jpg', 'ripple artifact get bafkreigh...'],
  input: getInput,
  output: getOutput,
  cli: {
    cid: cidArgument,
    ...fetchCli,
    output: { as: '--output <FILE>', about: 'write it to a file', kind: 'path' },
  },
  waits: () => true,
  progress: 'id',
  run: async (context, given, signal, principal) => {
    guardFile(given.output, principal)
    if (given.output !== null) await checkWritable(given.output)
    const bytes = await fetchTold(context, given, signal, (from, within) =>
      context.artifacts.get(given.cid, from, within),
    )
    if (given.output !== null) {
      await writeRegular(given.output, bytes, signal)
      return { cid: given.cid, bytes: bytes.length, base64: null, path: given.output }
    }
    return { cid: given.cid, bytes: bytes.length, base64: asBase64(given.cid, bytes), path: null }
  },
  render: (got) =>
    got.base64 === null
      ? { lines: [`${got.path}`], notes: [`wrote ${size(got.bytes)}`] }
      : { lines: [], bytes: Buffer.from(got.base64, 'base64') },
})

const pinInput = z.strictObject({ cid, ...fetchFields, remove: z.boolean().default(false) })
const pinOutput = z.strictObject({ cid, pinned: z.boolean() })

/** Pins or unpins an artifact. */
export const artifactPin = operation<Context, typeof pinInput, typeof pinOutput>({
  name: 'artifact.pin',
  effect: 'destroy',
  scope: 'write',
  doing: 'fetching the artifact',
  summary: 'Fetch an artifact if need be and keep it',
  examples: ['ripple artifact pin bafkreigh...', 'ripple artifact pin bafkreigh... --remove'],
  input: pinInput,
  output: pinOutput,
  cli: { cid: cidArgument, ...fetchCli, remove: { as: '--remove', about: 'let it go', kind: 'boolean' } },
  waits: () => true,
  progress: 'id',
  run: async (context, given, signal) => {
    if (given.remove) await context.artifacts.unpin(given.cid, signal)
    else
      await fetchTold(context, given, signal, (from, within) =>
        context.artifacts.pin(given.cid, from, within),
      )
    return { cid: given.cid, pinned: !given.remove }
  },
  render: (given) => ({ lines: [`${given.cid} ${given.pinned ? 'is pinned' : 'is no longer pinned'}`] }),
})

const nothing = z.strictObject({})
const lsOutput = z.strictObject({ artifacts: z.array(pinned) })

/** Lists the artifacts that are pinned here. */
export const artifactLs = operation<Context, typeof nothing, typeof lsOutput>({
  name: 'artifact.ls',
  effect: 'read',
  summary: 'List what is pinned here',
  examples: ['ripple artifact ls'],
  input: nothing,
  output: lsOutput,
  cli: {},
  run: async (context, _given, signal) => ({
    artifacts: (await context.artifacts.ls(signal)).map((one) => ({ cid: one.cid, bytes: one.bytes })),
  }),
  render: ({ artifacts }, screen) =>
    list(
      [{ head: 'CID', least: 16 }, 'SIZE'],
      artifacts.map((one) => [one.cid, size(one.bytes)]),
      { none: "none yet; add one with 'ripple artifact add FILE'", screen },
    ),
})

function asBase64(cid: string, bytes: Uint8Array): string {
  if (bytes.length > ANSWER_BYTES_MAX)
    throw new RippleError('RIPPLE_ARTIFACT_NEEDS_FILE', { cid, bytes: bytes.length, max: ANSWER_BYTES_MAX })
  return Buffer.from(bytes).toString('base64')
}

async function readWhole(file: string, signal: AbortSignal): Promise<Uint8Array> {
  const max = limits.artifact_bytes_max
  const bytes = await readRegular(file, max, signal)
  if (bytes === null)
    throw new RippleError('RIPPLE_ARTIFACT_TOO_LARGE', { bytes: (await stat(file)).size, max })
  return bytes
}
