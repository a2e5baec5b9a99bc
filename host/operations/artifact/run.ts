/** Runs the operations that store, fetch and pin artifacts. */
import { constants } from 'node:buffer'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import { checkWritable, readRegular, writeRegular } from '../../files/regular-file.ts'
import { limits } from '../../limits.ts'
import type { Principal } from '../../types/principal.ts'
import type { Context } from '../context.ts'
import { guardFile } from '../named-file.ts'
import { type Handler, handle } from '../operation.ts'
import { fetchWithProgress } from './fetch.ts'
import { listArtifacts } from './list.ts'
import { artifactAdd, artifactGet, artifactLs, artifactPin } from './shape.ts'

/** Most bytes that an answer can carry: in base64 and with its other fields, it is one string of V8. */
const ANSWER_BYTES_MAX = Math.floor((constants.MAX_STRING_LENGTH - 1_024) / 4) * 3

/** The operations on artifacts that can be called. */
export const artifactHandlers: readonly Handler<Context>[] = [
  handle(artifactAdd, async (context: Context, { path, base64, name }, signal, principal) => {
    guardFile(path, principal)
    const bytes = path === null ? Buffer.from(base64 ?? '', 'base64') : await readWhole(path, signal)
    const cid = await context.artifacts.add(bytes, signal)
    const named = name ?? (path === null ? null : basename(path))
    if (named !== null) await context.artifactNames.put(cid, named)
    return { cid, bytes: bytes.length }
  }),
  handle(artifactGet, get),
  handle(artifactPin, async (context: Context, given, signal) => {
    if (given.remove) {
      await context.artifacts.unpin(given.cid, signal)
      await context.artifactNames.forget(given.cid)
    } else
      await fetchWithProgress(context, given, signal, (from, within) =>
        context.artifacts.pin(given.cid, from, within),
      )
    return { cid: given.cid, pinned: !given.remove }
  }),
  handle(artifactLs, async (context: Context, _given, signal) => ({
    artifacts: await listArtifacts(context, signal),
  })),
]

async function get(
  context: Context,
  given: z.output<typeof artifactGet.input>,
  signal: AbortSignal,
  principal: Principal,
): Promise<z.input<typeof artifactGet.output>> {
  const { cid, output: path } = given
  guardFile(path, principal)
  if (path !== null) await checkWritable(path)
  const content = await fetchWithProgress(context, given, signal, (from, within) =>
    context.artifacts.get(cid, from, within),
  )
  const bytes = content.length
  if (path === null) return { cid, bytes, base64: asBase64(cid, content), path }
  await writeRegular(path, content, signal)
  return { cid, bytes, base64: null, path }
}

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
