import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Machine } from '../harness/peer.ts'

/** A call to a daemon, by its data folder; `ms` is the client's patience. */
export interface Call {
  readonly id: number
  readonly data: string
  readonly verb: string
  readonly input: unknown
  readonly ms: number
}

/** The outcome of a call. */
export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string }

/** A call that the daemon refused, or that did not reach it. */
export class CallError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(`${message} [${code}]`)
    this.code = code
  }
}

/** A client on one machine. */
export interface Caller extends Disposable {
  readonly pid: number
  /** Calls a verb of the daemon of a data folder. Rejects with `CallError`. */
  call<T>(data: string, verb: string, input: unknown, ms: number): Promise<T>
}

/** Starts a client on a machine. */
export function openCaller(machine: Machine): Caller {
  const script = join(import.meta.dirname, 'caller.ts')
  const [program = '', ...args] = [...machine.prefix, process.execPath, '--import', 'tsx', script]
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, (answer: Answer) => void>()
  const gone = (id: number): Answer => ({ id, ok: false, code: 'RIPPLE_NO_DAEMON', message: 'no caller' })
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer))
  child.on('exit', () => {
    for (const [id, settle] of waiting) settle(gone(id))
  })
  let last = 0
  return {
    pid: child.pid ?? 0,
    call: async <T>(data: string, verb: string, input: unknown, ms: number) => {
      last += 1
      const call: Call = { id: last, data, verb, input, ms }
      const { promise, resolve } = Promise.withResolvers<Answer>()
      waiting.set(call.id, resolve)
      child.send(call, (error) => error && resolve(gone(call.id)))
      const answer = await promise.finally(() => waiting.delete(call.id))
      if (answer.ok) return answer.value as T
      throw new CallError(answer.code, answer.message)
    },
    [Symbol.dispose]: () => {
      if (child.connected) child.disconnect()
    },
  }
}
