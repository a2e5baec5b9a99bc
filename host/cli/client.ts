import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request as open } from 'node:http'
import { json } from 'node:stream/consumers'
import { z } from 'zod'
import { type ApiState, readState } from '../api/state-file.ts'
import { dataPaths } from '../config/paths.ts'
import { type Facts, RippleError } from '../errors/ripple-error.ts'
import { type ErrorCode, errors } from '../errors/table.ts'
import { limits } from '../limits.ts'
import { daemonOperations, routeOf } from '../operations/registry.ts'
import { isAlive } from '../supervise/is-alive.ts'

const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
})

/** A data folder's daemon, as a client reaches it. */
export interface Client {
  readonly state: ApiState
  /**
   * Calls a verb. Rejects with the daemon's error, `RIPPLE_NO_DAEMON` when it has gone, or `RIPPLE_TIMEOUT` when it has
   * not answered within `limits.client_call_ms`, unless the verb waits by design.
   */
  call(name: string, input: unknown, signal: AbortSignal): Promise<unknown>
  /** Opens the stream of task events. */
  events(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

/** Finds the daemon of a data folder by its `api.json`. Rejects with `RIPPLE_NO_DAEMON`. */
export async function findDaemon(data: string): Promise<Client> {
  const state = await readState(dataPaths(data).apiFile)
  // A daemon that was killed leaves its file behind, and another program may hold its port by now: no token goes there.
  if (state === null || !isAlive(state.pid)) throw new RippleError('RIPPLE_NO_DAEMON', { data })
  const token = await readFile(state.token_file, 'utf8').catch((thrown: unknown) => {
    throw new RippleError('RIPPLE_NO_DAEMON', { data }, { cause: thrown })
  })
  /** What goes wrong on the way to the daemon or back means that it has gone, unless the caller wants no more. */
  const reach = async <T>(answer: Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      return await answer
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      throw new RippleError('RIPPLE_NO_DAEMON', { data }, { cause: thrown })
    }
  }
  const send = (route: Route, signal: AbortSignal): Promise<IncomingMessage> =>
    reach(ask(`${state.url}${route.path}`, route, token.trim(), signal), signal)
  return {
    state,
    call: async (name, input, ending) => {
      using call = callSignal(name, input, ending)
      const { signal } = call
      const answer = await send({ method: 'POST', path: routeOf(name), body: JSON.stringify(input) }, signal)
      if (answer.statusCode === 200) return await reach(json(answer), signal)
      throw errorOf(await json(answer).catch(() => null), answer.statusCode)
    },
    events: async (signal) => {
      const answer = await send({ method: 'GET', path: '/api/events', body: '' }, signal)
      if (answer.statusCode === 200) return answer
      throw errorOf(await json(answer).catch(() => null), answer.statusCode)
    },
  }
}

/** What ends a call: the caller's signal, and where the verb answers at once, its deadline. */
function callSignal(name: string, input: unknown, ending: AbortSignal): Disposable & { signal: AbortSignal } {
  const waits = daemonOperations.find((verb) => verb.name === name)?.waits(input) ?? false
  if (waits) return { signal: ending, [Symbol.dispose]: () => {} }
  const ms = limits.client_call_ms
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new RippleError('RIPPLE_TIMEOUT', { what: `'${name}'`, ms })), ms)
  const signal = AbortSignal.any([ending, late.signal])
  return { signal, [Symbol.dispose]: () => clearTimeout(timer) }
}

interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: string
}

/**
 * Resolves when the head of the answer is here. Unlike `fetch`, which gives up after five minutes, it waits as long as
 * the daemon does: a task that is waited for may take an hour.
 */
async function ask(url: string, route: Route, token: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, body } = route
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const asked = open(url, { method, headers, signal })
  asked.end(body)
  const [answer] = await once(asked, 'response')
  return answer
}

function errorOf(body: unknown, status = 0): RippleError {
  const parsed = errorBody.safeParse(body)
  if (!parsed.success) return new RippleError('RIPPLE_INTERNAL', { detail: `the daemon answered ${status}` })
  const { code, message, facts } = parsed.data.error
  if (Object.hasOwn(errors, code)) return new RippleError(code as ErrorCode, facts as Facts)
  // A newer daemon may know codes that this command does not.
  return new RippleError('RIPPLE_INTERNAL', { detail: `${message} [${code}]` })
}
