/** Sends the page's requests to the daemon. */
import type { z } from 'zod'
import type { ErrorBody } from '../errors/ripple-error.ts'
import { pageLimits } from '../limits/page.ts'
import type { peers, status } from '../operations/machine/shape.ts'
import type { pageCode } from '../operations/page/shape.ts'
import type { peerAccept } from '../operations/peer/shape.ts'
import type { taskReceipt } from '../operations/task/shape.ts'
import { pageRefusal, Refusal } from './refusal.ts'

/** A request to the daemon. */
export interface Request {
  readonly path: string
  /** Sent as JSON by POST; a GET without it. */
  readonly body?: unknown
  /** The page's key, or the API's token; null if the route needs none. */
  readonly key: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request. Resolves with the answer once its head arrives. Rejects with a `Refusal`, or with the signal's reason. */
export async function send(request: Request, signal: AbortSignal): Promise<Response> {
  const { path, body, key } = request
  const headers = {
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...request.headers,
  }
  const how = body === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(path, { ...how, headers, signal, redirect: 'error' }).catch(
    (thrown: unknown) => {
      if (signal.aborted) throw signal.reason
      throw pageRefusal('RIPPLE_PAGE_UNREACHABLE', '', thrown)
    },
  )
  if (answer.ok) return answer
  throw refusalOf(await answer.json().catch(() => null), answer.status)
}

/** The operations that the page calls, by their names. */
interface Called {
  readonly status: typeof status
  readonly peers: typeof peers
  readonly open: typeof pageCode
  readonly 'peer.accept': typeof peerAccept
  readonly 'task.receipt': typeof taskReceipt
}

/** The answer of an operation. */
export type AnswerOf<N extends keyof Called> = z.output<Called[N]['output']>

/** Calls an operation, whose answer the daemon has checked. Rejects as `send` does. */
export function call<N extends keyof Called>(
  name: N,
  input: z.input<Called[N]['input']>,
  key: string | null,
): Promise<AnswerOf<N>> {
  return fetchJson({ path: `/api/${name.replace('.', '/')}`, key, body: input })
}

/** Asks for one JSON document, within `page_call_ms`. Rejects as `send` does. */
export async function fetchJson<T>(request: Request): Promise<T> {
  const late = AbortSignal.timeout(pageLimits.page_call_ms)
  try {
    return await (await send(request, late)).json()
  } catch (thrown) {
    throw late.aborted ? pageRefusal('RIPPLE_PAGE_UNREACHABLE', '', thrown) : thrown
  }
}

/** Returns the daemon's error in its own words. */
export function refusalOf(document: unknown, status: number): Refusal {
  const { code, ripple_code = code, message, hint } = (document as Partial<ErrorBody> | null)?.error ?? {}
  // Another program may have answered.
  if (typeof ripple_code !== 'string' || typeof message !== 'string' || typeof hint !== 'string')
    return pageRefusal('RIPPLE_PAGE_UNREADABLE', `status ${status} without words`)
  // In OpenAI's format the message includes the hint, for clients that show only the message.
  const words = message.replace(`; ${hint}`, '')
  return new Refusal({ code: ripple_code, message: words, hint }, status)
}
