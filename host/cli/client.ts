import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type ApiState, readState } from '../api/state-file.ts'
import { dataPaths } from '../config/paths.ts'
import { type Facts, RippleError } from '../errors/ripple-error.ts'
import { type ErrorCode, errors } from '../errors/table.ts'
import { routeOf } from '../operations/registry.ts'

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
  /** Calls a verb. Rejects with the daemon's error, or `RIPPLE_NO_DAEMON` when it has gone. */
  call(name: string, input: unknown, signal: AbortSignal): Promise<unknown>
  /** Opens the stream of task events. */
  events(signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

/** Finds the daemon of a data folder by its `api.json`. Rejects with `RIPPLE_NO_DAEMON`. */
export async function findDaemon(data: string): Promise<Client> {
  const state = await readState(dataPaths(data).apiFile)
  if (state === null) throw new RippleError('RIPPLE_NO_DAEMON', { data })
  const token = await readFile(state.token_file, 'utf8').catch((thrown: unknown) => {
    throw new RippleError('RIPPLE_NO_DAEMON', { data }, { cause: thrown })
  })
  const request = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' }
    try {
      return await fetch(`${state.url}${path}`, { ...init, headers })
    } catch (thrown) {
      if (init.signal?.aborted) throw init.signal.reason
      throw new RippleError('RIPPLE_NO_DAEMON', { data }, { cause: thrown })
    }
  }
  return {
    state,
    call: async (name, input, signal) => {
      const answer = await request(routeOf(name), { method: 'POST', body: JSON.stringify(input), signal })
      const body: unknown = await answer.json().catch(() => null)
      if (answer.ok) return body
      throw errorOf(body, answer.status)
    },
    events: async (signal) => {
      const answer = await request('/api/events', { method: 'GET', signal })
      if (answer.ok && answer.body) return answer.body
      throw errorOf(await answer.json().catch(() => null), answer.status)
    },
  }
}

function errorOf(body: unknown, status: number): RippleError {
  const parsed = errorBody.safeParse(body)
  if (!parsed.success) return new RippleError('RIPPLE_INTERNAL', { detail: `the daemon answered ${status}` })
  const { code, message, facts } = parsed.data.error
  if (Object.hasOwn(errors, code)) return new RippleError(code as ErrorCode, facts as Facts)
  // A newer daemon may know codes that this command does not.
  return new RippleError('RIPPLE_INTERNAL', { detail: `${message} [${code}]` })
}
