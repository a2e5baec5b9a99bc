/** Calls the daemon of a data folder. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request as open } from 'node:http'
import { json } from 'node:stream/consumers'
import { type ApiState, readState } from '../api/state-file.ts'
import { checkDataFolder } from '../config/check-data.ts'
import { dataPaths } from '../config/paths.ts'
import { RippleError, readError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { CompletionCall } from '../operations/present.ts'
import { daemonOperations, routeOf } from '../operations/registry.ts'
import type { Remote } from '../operations/remote.ts'
import { isAlive } from '../processes/is-alive.ts'
import type { EventKind } from '../telemetry/catalogue.ts'

/** An answer that has begun or is still to begin. */
export interface Completion {
  /** The key under which its progress is reported. */
  readonly key: string
  /** Server-sent events. */
  readonly events: AsyncIterable<Uint8Array>
}

/** A connection to a data folder's daemon. */
export interface Client extends Remote {
  readonly state: ApiState
  /** Rejects also with `RIPPLE_TIMEOUT` without an answer within `limits.client_call_ms`, unless the operation waits. */
  call: Remote['call']
  /** Asks for a completion. The stream of its events rejects with `RIPPLE_NO_DAEMON` if it breaks off. */
  completion(asked: CompletionCall, signal: AbortSignal): Promise<Completion>
  /** Opens the stream of events of these kinds. */
  events(kinds: readonly EventKind[], signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

/** Finds the daemon of a data folder by its `api.json`. Rejects with `RIPPLE_NO_DAEMON`, and as `checkDataFolder` does. */
export async function findDaemon(data: string): Promise<Client> {
  await checkDataFolder(data)
  const state = await readState(dataPaths(data).apiFile)
  // A killed daemon leaves its file behind, and another program may use its port by now. It must not get the token.
  if (state === null || !isAlive(state.pid)) throw new RippleError('RIPPLE_NO_DAEMON', { data })
  const token = await readFile(state.token_file, 'utf8').catch((thrown: unknown) => {
    throw new RippleError('RIPPLE_NO_DAEMON', { data }, { cause: thrown })
  })
  /** Treats a failed connection as a missing daemon, unless the caller has aborted. */
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
  const stream = async (route: Route, signal: AbortSignal): Promise<IncomingMessage> => {
    const answer = await send(route, signal)
    if (answer.statusCode === 200) return answer
    throw errorOf(await json(answer).catch(() => null), answer.statusCode)
  }
  return {
    state,
    call: async (name, input, ending) => {
      using call = callSignal(name, input, ending)
      const { signal } = call
      const answer = await send({ method: 'POST', path: routeOf(name), body: JSON.stringify(input) }, signal)
      if (answer.statusCode === 200) return await reach(json(answer), signal)
      throw errorOf(await json(answer).catch(() => null), answer.statusCode)
    },
    completion: async ({ headers, body }, signal) => {
      const path = '/v1/completions'
      const answer = await stream({ method: 'POST', path, body: JSON.stringify(body), headers }, signal)
      const events = reached(answer, (next) => reach(next, signal))
      return { key: String(answer.headers['x-ripple-task']), events }
    },
    events: (kinds, signal) =>
      stream({ method: 'GET', path: `/api/events?kinds=${kinds.join(',')}`, body: '' }, signal),
  }
}

/** Returns the signal that ends a call: the caller's own, and the deadline of a verb that does not wait. */
function callSignal(name: string, input: unknown, ending: AbortSignal): Disposable & { signal: AbortSignal } {
  const waits = daemonOperations.find(({ names }) => names.includes(name))?.waits(input) ?? false
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
  readonly headers?: Readonly<Record<string, string>>
}

/** Yields the pieces of an answer, and applies `reach` to each wait. */
async function* reached<T>(
  answer: AsyncIterable<T>,
  reach: (next: Promise<IteratorResult<T>>) => Promise<IteratorResult<T>>,
): AsyncGenerator<T> {
  const pieces = answer[Symbol.asyncIterator]()
  try {
    for (let next = await reach(pieces.next()); !next.done; next = await reach(pieces.next()))
      yield next.value
  } finally {
    // A caller that stops early closes the connection.
    await pieces.return?.()
  }
}

/**
 * Resolves when the head of the answer arrives. It waits as long as the daemon does, because a task may take an hour; `fetch`
 * gives up after five minutes.
 */
async function ask(url: string, route: Route, token: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, body } = route
  const own = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const asked = open(url, { method, headers: { ...route.headers, ...own }, signal })
  asked.end(body)
  const [answer] = await once(asked, 'response')
  return answer
}

/** Returns the error in an answer of the daemon. */
export function errorOf(body: unknown, status = 0): RippleError {
  return readError(body) ?? new RippleError('RIPPLE_INTERNAL', { detail: `the daemon answered ${status}` })
}
