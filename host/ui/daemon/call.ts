/** Sends the page's requests to the daemon. */
import type { z } from 'zod'
import type { ErrorBody } from '../../errors/ripple-error.ts'
import { pageLimits } from '../../limits/page.ts'
import type { DaemonOperation } from '../../operations/registry.ts'
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

type ByName = { readonly [O in DaemonOperation as O['name']]: O }

/** The name of an operation of the daemon. */
export type OperationName = keyof ByName

/** The input of an operation, as a client writes it. */
export type InputOf<N extends OperationName> = z.input<ByName[N]['input']>

/** The answer of an operation, which the daemon has checked. */
export type AnswerOf<N extends OperationName> = z.output<ByName[N]['output']>

/** Calls an operation. It waits until the signal is aborted. Rejects as `send` does. */
export async function call<N extends OperationName>(
  name: N,
  input: InputOf<N>,
  key: string | null,
  signal: AbortSignal,
): Promise<AnswerOf<N>> {
  const answer = await send({ path: `/api/${name.replace('.', '/')}`, key, body: input }, signal)
  return answer.json()
}

/** Asks for one JSON document, within `page_call_ms`. Rejects as `send` does. */
export async function fetchJson<T>(request: Request): Promise<T> {
  return inTime(async (signal) => (await send(request, signal)).json())
}

/** Runs a call that is answered at once, within `page_call_ms`. Rejects as `send` does. */
export async function inTime<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(pageLimits.page_call_ms)
  try {
    return await run(late)
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
