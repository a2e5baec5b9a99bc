import { stat, truncate } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { limits } from '../limits.ts'
import type { SourceOf } from './catalogue.ts'
import type { Download, Fetched } from './download.ts'
import { connect, fetchRange, refusal } from './http.ts'
import { coverInSteps, takeRoom } from './space.ts'
import { watchStall } from './stall.ts'

const SITE = 'https://huggingface.co'

/** Where a file of a repository is. */
export function huggingFaceUrl(source: SourceOf<'huggingface'>, site = SITE): string {
  return `${site}/${source.repo}/resolve/${source.revision}/${source.file}`
}

/** Fetches a file of a Hugging Face repository, going on where an earlier download ended. */
export async function fetchFromHuggingFace(
  source: SourceOf<'huggingface'>,
  download: Download,
  site = SITE,
): Promise<Fetched> {
  const url = huggingFaceUrl(source, site)
  using stall = watchStall(new URL(url).host, limits.source_stall_ms, download.signal)
  const { bytes, sha256 } = await ask(url, stall.signal)
  const here = (await stat(download.part).catch(() => null))?.size ?? 0
  if (bytes !== null && here === bytes) return { claimedSha256: sha256 }
  const from = bytes !== null && here < bytes ? here : 0
  // What is longer than the file is of another one, and takes its room.
  if (bytes !== null && from === 0 && here > 0) await truncate(download.part)
  using room = await takeRoom(
    basename(download.path),
    dirname(download.part),
    bytes === null ? 0 : bytes - from,
  )
  const inSteps = coverInSteps(room)
  const onBytes = async (now: number, total: number | null, replaced?: number): Promise<void> => {
    await (total === null ? inSteps(now, replaced) : room.cover(total - now, replaced))
    download.onProgress(now, total)
  }
  await fetchRange({ url, file: download.part, from, total: bytes, stall, onBytes, note: download.note })
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
