/** A GGUF head, version 3, without tensors: an architecture and the length of its context. */
export function tinyGguf(): Buffer {
  const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer)
  const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
  const text = (value: string): Buffer => Buffer.concat([u64(value.length), Buffer.from(value)])
  const [uint32, string] = [u32(4), u32(8)]
  const head = [Buffer.from('GGUF'), u32(3), u64(0), u64(2)]
  const name = [text('general.architecture'), string, text('llama')]
  const context = [text('llama.context_length'), uint32, u32(64)]
  return Buffer.concat([...head, ...name, ...context, Buffer.alloc(256)])
}
