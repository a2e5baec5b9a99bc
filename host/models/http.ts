/** Fetches what a file lacks from a URL, and lets no server send more than it said. */
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { type Download, sizeOf } from './download.ts'
import { needRoom } from './space.ts'
import type { StallSignal } from './stall.ts'

/** A file behind a URL and where its bytes go. */
export interface RangeDownload extends Omit<Download, 'bytes' | 'signal'> {
  readonly url: string
  /** Bytes that the part has already; the rest is asked for. */
  readonly from: number
  /** Size of the whole, where it is known. */
  readonly total: number | null
  readonly stall: Pick<StallSignal, 'signal' | 'touch'>
}

/**
 * Appends what a part lacks, or writes it anew and says so where the server does not go on. Ends as soon as more comes than
 * was said, and before the first byte where the disk has no room: the part then stays as it is for another source.
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
      download.note(`${new URL(url).host} does not go on with a broken download: it begins anew`)
    await needRoom(path, (total ?? here) - here, resumed ? 0 : await sizeOf(part))
    download.onProgress(here, total)
    if (!resumed) await writeFile(part, '')
    const file = createWriteStream(part, { flags: 'a' })
    await pipeline(answer.body, counted(download, here, total), file, { signal: stall.signal })
  } catch (thrown) {
    // Where the pipeline has not begun, nobody else would end it.
    if (!answer.body.locked) await answer.body.cancel().catch(() => {})
    throw thrown
  }
}

/** The size of the whole by what was known before and by the head of the answer, which must not differ. */
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

/** Passes the pieces of a download on, and counts them. */
function counted(
  { url, path, stall, onProgress }: RangeDownload,
  here: number,
  total: number | null,
): (chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  return async function* (chunks) {
    let bytes = here
    for await (const chunk of chunks) {
      stall.touch()
      bytes += chunk.length
      if (total !== null && bytes > total)
        throw wrongSize(url, `sends more than the ${total} bytes that it said`)
      // Nobody said how much it is, so nothing was checked before the first byte.
      if (total === null) await needRoom(path, chunk.length)
      onProgress(bytes, total)
      yield chunk
    }
    if (total !== null && bytes !== total) throw wrongSize(url, `ended after ${bytes} bytes of ${total}`)
  }
}

function wrongSize(url: string, detail: string): RippleError {
  return new RippleError('RIPPLE_INTERNAL', { detail: `${new URL(url).host} ${detail}` })
}

/**
 * Asks for a URL. The deadline `source_connect_ms` holds until the first byte of the answer; what comes after is for the
 * caller to watch.
 */
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

/** fetch says only that it failed; its cause has the system's own words. */
function unreachable(url: string, error: TypeError): RippleError {
  const said = error.cause instanceof Error ? error.cause.message : error.message
  return new RippleError(
    'RIPPLE_INTERNAL',
    { detail: said || `${new URL(url).host} cannot be reached` },
    { cause: error },
  )
}

/** The error of an answer that is none. */
export function refusal(url: string, status: number): RippleError {
  return new RippleError('RIPPLE_INTERNAL', { detail: `${new URL(url).host} answered ${status}` })
}
