/** Fetches model files from Hugging Face. */
import { limits } from '../../limits.ts'
import type { Source } from '../catalogue.ts'
import { watchStall } from '../stall.ts'
import { type Download, type Fetched, sizeOf } from './download.ts'
import { connect, fetchRange, refusal } from './http.ts'

const SITE = 'https://huggingface.co'

/** Returns the URL of a file of a repository. */
export function huggingFaceUrl({ repo, revision, file }: Source, site = SITE): string {
  return `${site}/${repo}/resolve/${revision}/${file}`
}

/** Fetches a file of a Hugging Face repository, and resumes an earlier download. */
export async function fetchFromHuggingFace(
  source: Source,
  download: Download,
  site = SITE,
): Promise<Fetched> {
  const url = huggingFaceUrl(source, site)
  using stall = watchStall(new URL(url).host, limits.source_stall_ms, download.signal)
  const { bytes: total, sha256 } = await ask(url, stall.signal)
  const here = await sizeOf(download.part)
  // A part that is longer than the file belongs to another file.
  const from = total !== null && here < total ? here : 0
  if (here !== total) await fetchRange({ ...download, url, from, total, stall })
  return { claimedSha256: sha256 }
}

/** Returns the size and sha256 of the file as the site states them before it redirects to the bytes. */
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
