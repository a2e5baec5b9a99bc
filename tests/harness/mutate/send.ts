/** Sends mutated requests over connections of their own, and reads the beginnings of the answers. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../../../host/limits.ts'
import type { Wire } from './mutate.ts'

/** The answer to a request. */
export interface Outcome {
  /** Null without an answer. */
  readonly status: number | null
  /** Whether the answer came, the daemon closed without one, the client left as it may, or nothing came in time. */
  readonly end: 'answered' | 'closed' | 'left' | 'silent'
  readonly ms: number
  /** The beginning of the answer. */
  readonly text: string
}

/** The longest time that any other answer may take, in milliseconds: what the command line waits for. */
const ANSWER_MS = limits.client_call_ms
/** Pause between two pieces of a request, in milliseconds. */
const PAUSE_MS = 5
const TEXT_MAX = 16_384

/** Sends one request, and reads until its answer is whole, or the client leaves as it was meant to. */
export async function send({ method, pieces, leaves, patience_ms }: Wire, port: number): Promise<Outcome> {
  const begun = performance.now()
  const { promise, resolve } = Promise.withResolvers<Outcome['end']>()
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    if (text.length < TEXT_MAX) text += piece
    else text = text.slice(0, TEXT_MAX) + (text.slice(TEXT_MAX) + piece).slice(-8)
    if (isWhole(text, method)) resolve('answered')
  })
  socket.on('end', () => resolve(statusIn(text) === null ? 'closed' : 'answered'))
  socket.on('close', () => resolve(statusIn(text) === null ? 'closed' : 'answered'))
  // Whatever broke the connection, its close follows.
  socket.on('error', () => {})
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await sleep(PAUSE_MS)
    socket.write(piece)
  }
  if (leaves === 'ends') socket.end()
  const late = setTimeout(
    () => resolve(statusIn(text) !== null ? 'answered' : patience_ms === null ? 'silent' : 'left'),
    patience_ms ?? ANSWER_MS,
  )
  if (leaves === 'breaks') setTimeout(() => resolve('left'), PAUSE_MS)
  const end = await promise
  clearTimeout(late)
  socket.destroy()
  return { status: statusIn(text), end, ms: performance.now() - begun, text }
}

/** The status of the first answer that is not an interim one. */
function statusIn(text: string): number | null {
  const found = /^(?:HTTP\/1\.1 100 [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)*HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
  return found === undefined || found === '100' ? null : Number(found)
}

/** Whether an answer has all its bytes. */
function isWhole(text: string, method: string): boolean {
  const final = text.replace(/^(?:HTTP\/1\.1 100 [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)+/, '')
  const at = final.indexOf('\r\n\r\n')
  if (at < 0) return false
  const head = final.slice(0, at).toLowerCase()
  const status = statusIn(final) ?? 0
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return true
  const length = /content-length: (\d+)/.exec(head)?.[1]
  if (length !== undefined) return text.length >= TEXT_MAX || final.length - at - 4 >= Number(length)
  return head.includes('transfer-encoding: chunked') && final.endsWith('0\r\n\r\n')
}
