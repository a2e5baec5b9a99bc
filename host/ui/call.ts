/** Sends the page's requests to the daemon. */
import type * as z from 'zod/mini'
import { pageLimits } from '../limits/page.ts'
import { pageRefusal, Refusal } from './refusal.ts'
import { errorBody } from './wire.ts'

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

/** Asks for one JSON document, within `page_call_ms`. Rejects as `send` does, and if the document does not fit the schema. */
export async function call<S extends z.ZodMiniType>(
  schema: S,
  request: Request,
  signal: AbortSignal = new AbortController().signal,
): Promise<z.infer<S>> {
  const late = AbortSignal.timeout(pageLimits.page_call_ms)
  const either = AbortSignal.any([signal, late])
  try {
    return read(schema, await (await send(request, either)).json())
  } catch (thrown) {
    throw late.aborted ? pageRefusal('RIPPLE_PAGE_UNREACHABLE', '', thrown) : thrown
  }
}

/** Checks a document of the daemon. Throws a `Refusal` that names the first wrong field. */
export function read<S extends z.ZodMiniType>(schema: S, document: unknown): z.infer<S> {
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw pageRefusal('RIPPLE_PAGE_UNREADABLE', `${issue?.path.join('.') || 'it'} is not as expected`)
}

/** Returns the daemon's error in its own words. */
export function refusalOf(document: unknown, status: number): Refusal {
  const parsed = errorBody.safeParse(document)
  if (!parsed.success) return pageRefusal('RIPPLE_PAGE_UNREADABLE', `status ${status} without words`)
  const { code, ripple_code, message, hint } = parsed.data.error
  // In OpenAI's format the message includes the hint, for clients that show only the message.
  const words = hint ? message.replace(`; ${hint}`, '') : message
  const trouble = { code: ripple_code ?? code ?? String(status), message: words, hint: hint ?? null }
  return new Refusal(trouble, status)
}
