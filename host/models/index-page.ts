import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Wheel } from './catalogue.ts'
import { connect, readText, refusal } from './http.ts'
import { watchStall } from './stall.ts'

/** A wheel as a package index offers it. */
export interface IndexedWheel {
  readonly filename: string
  readonly url: string
  /** Headers with which the index was asked, where the file lies beside it. */
  readonly headers: Readonly<Record<string, string>>
  /** sha256 of the wheel by the index's word, lower-case hex; null where it does not say. */
  readonly sha256: string | null
  readonly bytes: number
}

interface Listed {
  readonly filename: string
  readonly url: string
  readonly sha256: string | null
}

/** The simple index as JSON (PEP 691). */
const pageSchema = z.object({
  files: z.array(
    z.object({ filename: z.string(), url: z.string(), hashes: z.record(z.string(), z.string()) }),
  ),
})

/** The simple index, as JSON where it has that and else as HTML (PEP 503). */
const ACCEPT = 'application/vnd.pypi.simple.v1+json, text/html;q=0.5'

/**
 * Finds a wheel in a package index, with its size. Rejects where it is not there, where its file cannot be reached in
 * the way that the index names, and where the index is silent for `stall_ms` or sends more than a page.
 */
export async function findWheel(
  index: string,
  wheel: Wheel,
  signal: AbortSignal,
  stall_ms: number = limits.source_stall_ms,
): Promise<IndexedWheel> {
  const { url: base, headers } = withoutCredentials(index)
  const page = `${base.replace(/\/$/, '')}/${wheel.package}/`
  using stall = watchStall(new URL(page).host, stall_ms, signal)
  const answer = await connect(page, { headers: { ...headers, accept: ACCEPT } }, stall.signal)
  if (!answer.ok) throw refusal(page, answer.status)
  const json = answer.headers.get('content-type')?.includes('json') === true
  const text = await readText(answer, limits.index_page_bytes_max, stall)
  if (text === null) throw refused(page, 'its page is too long')
  const found = (json ? readJson(text) : readHtml(text)).find(({ filename }) => isWheelOf(filename, wheel))
  if (found === undefined) throw refused(page, `${wheel.version} is not there`)
  const url = new URL(found.url, answer.url).href
  const own = new URL(url).origin === new URL(base).origin ? headers : {}
  return { ...found, url, headers: own, bytes: await sizeOf(url, own, stall.signal) }
}

function readJson(text: string): Listed[] {
  const { files } = pageSchema.parse(JSON.parse(text))
  return files.map(({ filename, url, hashes }) => ({ filename, url, sha256: hashes.sha256 ?? null }))
}

function readHtml(text: string): Listed[] {
  return [...text.matchAll(/<a\b[^>]*\bhref="([^"]+)"[^>]*>([^<]+)<\/a>/gi)].map(
    ([, href = '', name = '']) => {
      const [url = '', fragment = ''] = href.replaceAll('&amp;', '&').split('#')
      return { filename: name.trim(), url, sha256: /^sha256=([0-9a-f]{64})$/.exec(fragment)?.[1] ?? null }
    },
  )
}

/** Whether a file is a wheel of that package. Wheels spell its name with underscores; a name that leads elsewhere is none. */
export function isWheelOf(
  filename: string,
  { package: name, version }: Pick<Wheel, 'package' | 'version'>,
): boolean {
  const begins = `${name.replaceAll(/[-_.]+/g, '_')}-${version}-`.toLowerCase()
  return /^[\w.-]+\.whl$/.test(filename) && filename.toLowerCase().startsWith(begins)
}

async function sizeOf(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  const answer = await connect(url, { method: 'HEAD', headers }, signal)
  if (!answer.ok) throw refusal(url, answer.status)
  const bytes = Number(answer.headers.get('content-length') ?? Number.NaN)
  if (!Number.isSafeInteger(bytes) || bytes <= 0) throw refused(url, 'it does not say how long its file is')
  return bytes
}

/** fetch refuses an address with a name and a password in it. */
function withoutCredentials(index: string): { url: string; headers: Record<string, string> } {
  const url = new URL(index)
  const { username, password } = url
  if (username === '') return { url: index, headers: {} }
  url.username = ''
  url.password = ''
  const secret = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
  return { url: url.href, headers: { authorization: `Basic ${secret.toString('base64')}` } }
}

function refused(url: string, what: string): RippleError {
  return new RippleError('RIPPLE_INTERNAL', { detail: `${new URL(url).host}: ${what}` })
}
