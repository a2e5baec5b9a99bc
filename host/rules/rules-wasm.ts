/** Runs the wasm of the rules, in Node and in the browser. */

/** The functions of `dnas/rules` that answer questions. */
export type Question =
  | 'check_entry'
  | 'check_link'
  | 'check_membership'
  | 'check_revocation'
  | 'resolve'
  | 'encode_event'
  | 'hash_action'
  | 'read_event'
  | 'verify_receipt'

/** The wasm of the rules. It has a buffer for a question, a buffer for its answer, and no imports. */
export interface RulesWasm {
  /** Asks about bytes. Returns the parsed JSON of the function's answer. */
  ask(question: Question, bytes: Uint8Array): unknown
}

interface Exports extends Record<Question, (length: number) => number> {
  readonly memory: WebAssembly.Memory
  input(length: number): number
  output(): number
}

/** Instantiates the wasm, without Node's own modules, because the page verifies receipts with this code too. */
export async function openRulesWasm(wasm: Uint8Array<ArrayBuffer>): Promise<RulesWasm> {
  const { instance } = await WebAssembly.instantiate(wasm, {})
  const exports = instance.exports as unknown as Exports
  const utf8 = new TextDecoder()
  return {
    ask: (question, bytes) => {
      const at = exports.input(bytes.length)
      // Memory that grows gets another buffer, so every access makes a new view.
      new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes)
      const length = exports[question](bytes.length)
      return JSON.parse(utf8.decode(new Uint8Array(exports.memory.buffer, exports.output(), length)))
    },
  }
}
