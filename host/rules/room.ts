import { RippleError } from '../errors/ripple-error.ts'

/** The functions of `dnas/rules` that answer questions. */
export type Question =
  | 'check_entry'
  | 'check_link'
  | 'resolve'
  | 'encode_event'
  | 'hash_action'
  | 'read_event'
  | 'verify_receipt'

/** The wasm of the rules: one room for a question, one for its answer, no imports. */
export interface Room {
  /** Asks in JSON. Throws `RIPPLE_INTERNAL` for a question that does not have the form that the function takes. */
  ask(question: Question, about: unknown): unknown
  /** Asks about bytes. */
  askBytes(question: Question, bytes: Uint8Array): unknown
}

interface Exports extends Record<Question, (length: number) => number> {
  readonly memory: WebAssembly.Memory
  input(length: number): number
  output(): number
}

/** Instantiates the wasm. */
export async function openRoom(wasm: Uint8Array<ArrayBuffer>): Promise<Room> {
  const { instance } = await WebAssembly.instantiate(wasm, {})
  const exports = instance.exports as unknown as Exports
  const askBytes = (question: Question, bytes: Uint8Array): unknown => {
    const at = exports.input(bytes.length)
    // The memory may have grown and then has another buffer, so each view of it is made anew.
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes)
    const length = exports[question](bytes.length)
    const answer = Buffer.from(exports.memory.buffer, exports.output(), length)
    return JSON.parse(answer.toString('utf8'))
  }
  return {
    askBytes,
    ask: (question, about) =>
      readable(question, askBytes(question, Buffer.from(JSON.stringify(about), 'utf8'))),
  }
}

function readable(question: Question, answer: unknown): unknown {
  if (typeof answer === 'object' && answer !== null && 'unreadable' in answer) {
    throw new RippleError('RIPPLE_INTERNAL', { detail: `${question}: ${String(answer.unreadable)}` })
  }
  return answer
}
