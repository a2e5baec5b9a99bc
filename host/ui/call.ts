import type * as z from 'zod/mini'
import { pageLimits } from '../limits/page.ts'
import { pageRefusal, Refusal } from './refusal.ts'
import { errorBody } from './wire.ts'

/** A request to the daemon. */
export interface Request {
  readonly path: string
  /** Sent as JSON by POST; a GET without it. */
  readonly body?: unknown
  /** The page's key, or the API's token; null where the route takes none. */
  readonly key: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request and gives the answer once its head is here. Rejects with a `Refusal`, or with the signal's reason. */
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

/** Asks for one JSON document, within `page_call_ms`. Rejects as `send` does, and where the document is another one. */
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

/** Checks a document of the daemon's. Throws a `Refusal` that names the first thing that is wrong. */
export function read<S extends z.ZodMiniType>(schema: S, document: unknown): z.infer<S> {
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw pageRefusal('RIPPLE_PAGE_UNREADABLE', `${issue?.path.join('.') || 'it'} is not as expected`)
}

/** The daemon's error in its own words. */
export function refusalOf(document: unknown, status: number): Refusal {
  const parsed = errorBody.safeParse(document)
  if (!parsed.success) return pageRefusal('RIPPLE_PAGE_UNREADABLE', `status ${status} without words`)
  const { code, ripple_code, message, hint } = parsed.data.error
  // In OpenAI's shape the hint stands in the message too, for clients that show nothing else.
  const words = hint ? message.replace(`; ${hint}`, '') : message
  const trouble = { code: ripple_code ?? code ?? String(status), message: words, hint: hint ?? null }
  return new Refusal(trouble, status)
}
