const u16 = (value: number): Buffer => Buffer.from(Uint16Array.of(value).buffer)
const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer)
const u64 = (value: bigint): Buffer => Buffer.from(BigUint64Array.of(value).buffer)
const text = (value: string): Buffer => Buffer.concat([u64(BigInt(value.length)), Buffer.from(value)])
const [uint8, uint16, uint32, int32, string, array] = [u32(0), u32(2), u32(4), u32(5), u32(8), u32(9)]

/** The beginning of a GGUF file, version 3, without tensors and with so many facts. */
const begin = (facts: bigint): Buffer => Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0n), u64(facts)])

const architecture = [text('general.architecture'), string, text('llama')]
const context = (tokens: number): Buffer[] => [text('llama.context_length'), uint32, u32(tokens)]

/** A GGUF head, version 3, without tensors: an architecture and the length of its context, in tokens. */
export function tinyGguf(contextTokens = 64): Buffer {
  return Buffer.concat([begin(2n), ...architecture, ...context(contextTokens), Buffer.alloc(256)])
}

/** The head of a part of a split model, counted from 0, as llama-gguf-split writes it: only the first has the model's own facts. */
export function partGguf(no: number, count: number): Buffer {
  const split = [
    ...[text('split.no'), uint16, u16(no)],
    ...[text('split.count'), uint16, u16(count)],
    ...[text('split.tensors.count'), int32, u32(30)],
  ]
  const own = no === 0 ? [...architecture, ...context(64)] : []
  return Buffer.concat([begin(no === 0 ? 5n : 3n), ...own, ...split, Buffer.alloc(256, no)])
}

/** Heads of some 50 bytes that claim more than any machine holds. */
export const hostileHeads: Readonly<Record<string, Buffer>> = {
  'an array without end': Buffer.concat([begin(1n), text('a'), array, uint8, u64(2n ** 62n)]),
  'a text of 64 GiB': Buffer.concat([begin(1n), text('a'), string, u64(2n ** 36n)]),
  'texts of 100 MiB, and more of them than can be held': Buffer.concat([
    begin(1n),
    text('a'),
    array,
    string,
    u64(2n ** 40n),
    u64(100n * 2n ** 20n),
  ]),
  'facts without end': begin(2n ** 62n),
}
