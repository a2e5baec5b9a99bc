/** Id of the section of a wasm module that lists its exports. */
const EXPORT_SECTION = 7
/** Length of the magic number and the version. */
const HEADER_BYTES = 8

/** The sorted names that a wasm module exports. */
export function exportsOf(code: Uint8Array): string[] {
  const reader = new Reader(code, HEADER_BYTES)
  while (!reader.done) {
    const id = reader.byte()
    const length = reader.number()
    if (id === EXPORT_SECTION) return readExports(reader).sort()
    reader.skip(length)
  }
  return []
}

function readExports(reader: Reader): string[] {
  return Array.from({ length: reader.number() }, () => {
    const name = reader.text(reader.number())
    reader.skip(1)
    reader.number()
    return name
  })
}

class Reader {
  readonly #code: Uint8Array
  #at: number

  constructor(code: Uint8Array, at: number) {
    this.#code = code
    this.#at = at
  }

  get done(): boolean {
    return this.#at >= this.#code.length
  }

  byte(): number {
    return this.#code[this.#at++] ?? 0
  }

  /** An unsigned number in LEB128. */
  number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  text(length: number): string {
    const bytes = this.#code.subarray(this.#at, this.#at + length)
    this.skip(length)
    return new TextDecoder().decode(bytes)
  }

  skip(length: number): void {
    this.#at += length
  }
}
