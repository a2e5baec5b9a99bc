import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { SourceOf } from './catalogue.ts'
import type { Download, Fetched } from './download.ts'
import { checkSpace } from './space.ts'
import { watchStall } from './stall.ts'

/** Fetches a file of a Hugging Face repository, going on where an earlier download ended. */
export async function fetchFromHuggingFace(
  source: SourceOf<'huggingface'>,
  download: Download,
  site = 'https://huggingface.co',
): Promise<Fetched> {
  const url = `${site}/${source.repo}/resolve/${source.revision}/${source.file}`
  using stall = watchStall(new URL(url).host, limits.source_stall_ms, download.signal)
  const { bytes, sha256 } = await ask(url, stall.signal)
  const here = (await stat(download.part).catch(() => null))?.size ?? 0
  if (bytes !== null && here === bytes) return { claimedSha256: sha256 }
  const from = bytes !== null && here < bytes ? here : 0
  if (bytes !== null) await checkSpace(dirname(download.part), bytes - from)
  await take(url, from, bytes, download, stall)
  return { claimedSha256: sha256 }
}

/** Size and sha256 of the file as the site states them, before it sends one elsewhere for the bytes. */
async function ask(
  url: string,
  signal: AbortSignal,
): Promise<{ bytes: number | null; sha256: string | null }> {
  const answer = await connect(url, { method: 'HEAD', redirect: 'manual' }, signal)
  if (answer.status >= 400) throw refusal(url, answer.status)
  // A redirect's own length is not the file's.
  const length = answer.ok ? answer.headers.get('content-length') : null
  const bytes = Number(answer.headers.get('x-linked-size') ?? length ?? Number.NaN)
  const tag = answer.headers.get('x-linked-etag')?.replaceAll('"', '') ?? ''
  return {
    bytes: Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null,
    sha256: /^[0-9a-f]{64}$/.test(tag) ? tag : null,
  }
}

async function take(
  url: string,
  from: number,
  total: number | null,
  download: Download,
  stall: { readonly signal: AbortSignal; touch(): void },
): Promise<void> {
  const headers = from > 0 ? { range: `bytes=${from}-` } : {}
  const answer = await connect(url, { headers }, stall.signal)
  if (!answer.ok || answer.body === null) throw refusal(url, answer.status)
  const resumed = answer.status === 206
  let bytes = resumed ? from : 0
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      stall.touch()
      bytes += chunk.length
      download.onProgress(bytes, total ?? bytes)
      yield chunk
    }
  }
  const file = createWriteStream(download.part, { flags: resumed ? 'a' : 'w' })
  await pipeline(answer.body, counted, file, { signal: stall.signal })
  if (total !== null && bytes !== total)
    throw new RippleError('RIPPLE_INTERNAL', { detail: `the file ended after ${bytes} bytes of ${total}` })
}

/** The deadline holds until the first byte of the answer; what comes after is watched for stalls. */
async function connect(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  const deadline = new AbortController()
  const late = new RippleError('RIPPLE_TIMEOUT', { what: new URL(url).host, ms: limits.source_connect_ms })
  const timer = setTimeout(() => deadline.abort(late), limits.source_connect_ms)
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any([signal, deadline.signal]) })
  } catch (error) {
    throw error instanceof TypeError ? unreachable(url, error) : error
  } finally {
    clearTimeout(timer)
  }
}

/** fetch says only that it failed; its cause has the system's own words. */
function unreachable(url: string, error: TypeError): RippleError {
  const said = error.cause instanceof Error ? error.cause.message : error.message
  return new RippleError(
    'RIPPLE_INTERNAL',
    { detail: said || `${new URL(url).host} cannot be reached` },
    { cause: error },
  )
}

function refusal(url: string, status: number): RippleError {
  return new RippleError('RIPPLE_INTERNAL', { detail: `${new URL(url).host} answered ${status}` })
}
