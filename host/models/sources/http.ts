/** Fetches the missing bytes of a file from a URL, and stops a server that sends more than it announced. */
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { StallSignal } from '../stall.ts'
import { type Download, sizeOf } from './download.ts'
import { needRoom } from './space.ts'

/** Most bytes of a file of unknown size until the disk is checked again. */
const CHECK_BYTES = 16 * 1024 * 1024

/** A file behind a URL, and the path that its bytes are written to. */
export interface RangeDownload extends Omit<Download, 'bytes' | 'signal'> {
  readonly url: string
  /** Bytes that the part has already; the download requests the rest. */
  readonly from: number
  /** Size of the whole file in bytes; null where it is not known. */
  readonly total: number | null
  readonly stall: Pick<StallSignal, 'signal' | 'touch'>
}

/**
 * Appends the bytes that a part lacks. If the server does not resume, it overwrites the part and says so in a note. Ends as
 * soon as more bytes come than were announced, and before the first byte where the disk lacks space. In that case the part
 * stays as it is for another source.
 */
export async function fetchRange(download: RangeDownload): Promise<void> {
  const { url, path, part, from, stall } = download
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {}
  const answer = await connect(url, { headers }, stall.signal)
  if (!answer.ok || answer.body === null) throw refusal(url, answer.status)
  const resumed = from > 0 && answer.status === 206
  const here = resumed ? from : 0
  try {
    const total = agreedSize(download, answer, here)
    if (from > 0 && !resumed)
      download.note(`${new URL(url).host} cannot resume a broken download: it starts again`)
    await needRoom(path, (total ?? here) - here, resumed ? 0 : await sizeOf(part))
    download.onProgress(here, total)
    if (!resumed) await writeFile(part, '')
    const file = createWriteStream(part, { flags: 'a' })
    await pipeline(answer.body, counted(download, here, total), file, { signal: stall.signal })
  } catch (thrown) {
    // Before the pipeline begins, nothing else cancels the body.
    if (!answer.body.locked) await answer.body.cancel().catch(() => {})
    throw thrown
  }
}

/** Returns the size of the whole file, by the known size and by the answer's headers. Throws where the two differ. */
function agreedSize({ total, from, url }: RangeDownload, answer: Response, here: number): number | null {
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '') ?? []
  if (here > 0 && start !== undefined && Number(start) !== from)
    throw wrongSize(url, `goes on at byte ${start}, not at ${from}`)
  const length = answer.headers.get('content-encoding') === null ? answer.headers.get('content-length') : null
  const said = size ?? (length === null ? null : String(here + Number(length)))
  if (said === null || !/^\d{1,15}$/.test(said)) return total
  if (total !== null && Number(said) !== total) throw wrongSize(url, `has ${said} bytes of it, not ${total}`)
  return Number(said)
}

/** Passes on the pieces of a download, and counts their bytes. */
function counted(
  { url, path, stall, onProgress }: RangeDownload,
  here: number,
  total: number | null,
): (chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  return async function* (chunks) {
    let bytes = here
    let room = 0
    for await (const chunk of chunks) {
      stall.touch()
      bytes += chunk.length
      if (total !== null && bytes > total)
        throw wrongSize(url, `sends more than the ${total} bytes that it said`)
      // The size was not announced, so the disk could not be checked for all of it before the first byte.
      room -= chunk.length
      if (total === null && room < 0) room = Math.min(CHECK_BYTES, await needRoom(path, chunk.length))
      onProgress(bytes, total)
      yield chunk
    }
    if (total !== null && bytes !== total) throw wrongSize(url, `ended after ${bytes} bytes of ${total}`)
  }
}

function wrongSize(url: string, detail: string): RippleError {
  return new RippleError('RIPPLE_INTERNAL', { detail: `${new URL(url).host} ${detail}` })
}

/** Requests a URL. The deadline `source_connect_ms` holds until the answer's first byte; the caller watches the rest. */
export async function connect(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
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

/** Returns the error of a failed connection. `fetch` says only that it failed; its cause has the system's message. */
function unreachable(url: string, error: TypeError): RippleError {
  const said = error.cause instanceof Error ? error.cause.message : error.message
  return new RippleError(
    'RIPPLE_INTERNAL',
    { detail: said || `${new URL(url).host} cannot be reached` },
    { cause: error },
  )
}

/** Returns the error of an answer whose status means failure. */
export function refusal(url: string, status: number): RippleError {
  return new RippleError('RIPPLE_INTERNAL', { detail: `${new URL(url).host} answered ${status}` })
}
