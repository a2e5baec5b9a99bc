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
  /** Asks about bytes; the answer is what the function's JSON says. */
  ask(question: Question, bytes: Uint8Array): unknown
}

interface Exports extends Record<Question, (length: number) => number> {
  readonly memory: WebAssembly.Memory
  input(length: number): number
  output(): number
}

/** Instantiates the wasm. It uses nothing of Node: the page verifies receipts by the same lines. */
export async function openRoom(wasm: Uint8Array<ArrayBuffer>): Promise<Room> {
  const { instance } = await WebAssembly.instantiate(wasm, {})
  const exports = instance.exports as unknown as Exports
  const utf8 = new TextDecoder()
  return {
    ask: (question, bytes) => {
      const at = exports.input(bytes.length)
      // The memory may have grown and then has another buffer, so each view of it is made anew.
      new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes)
      const length = exports[question](bytes.length)
      return JSON.parse(utf8.decode(new Uint8Array(exports.memory.buffer, exports.output(), length)))
    },
  }
}
