/**
 * A policy of one function, put together by hand: the smallest module that answers as `opa build -t wasm` makes them. It
 * stands for policies that OPA would never make: one that answers nonsense, one that never ends, one that traps.
 */
export function handmadePolicy(name: string, does: 'loop' | 'trap' | { readonly answers: unknown }): Buffer {
  const answer = typeof does === 'string' ? '' : JSON.stringify([{ result: does.answers }])
  const texts = ['{}', JSON.stringify({ [`ripple/${name}/decision`]: 0 }), answer]
  const places = [1_024, 2_048, 4_096] as const
  const constant = (value: number) => [0x41, ...signed(value)]
  const body =
    does === 'loop' ? [0x03, 0x40, 0x0c, 0, 0x0b, 0x00] : does === 'trap' ? [0x00] : constant(places[2])
  const functions: readonly (readonly [name: string, type: number, body: readonly number[]])[] = [
    ['builtins', 0, constant(places[0])],
    ['entrypoints', 0, constant(places[1])],
    ['opa_heap_ptr_get', 0, constant(65_536)],
    ['opa_malloc', 1, constant(32_768)],
    ['opa_json_dump', 1, [0x20, 0]],
    ['opa_json_parse', 2, constant(1)],
    ['opa_eval', 3, body],
  ]
  const global = (value: number) => [0x7f, 0, ...constant(value), 0x0b]
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([0, 1, 2, 7].map((count) => [0x60, ...list(Array(count).fill([0x7f])), 1, 0x7f]))),
    ...section(2, list([[...text('env'), ...text('memory'), 2, 0, 1]])),
    ...section(3, list(functions.map(([, type]) => [type]))),
    ...section(6, list([global(1), global(2)])),
    ...section(
      7,
      list([
        ...functions.map(([exported], index) => [...text(exported), 0, index]),
        [...text('opa_wasm_abi_version'), 3, 0],
        [...text('opa_wasm_abi_minor_version'), 3, 1],
      ]),
    ),
    ...section(10, list(functions.map(([, , code]) => sized([0, ...code, 0x0b])))),
    ...section(11, list(texts.map((one, index) => [0, ...constant(places[index] ?? 0), 0x0b, ...text(one)]))),
  ])
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)]
}

function list(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()]
}

function sized(content: readonly number[]): number[] {
  return [...unsigned(content.length), ...content]
}

function text(value: string): number[] {
  return sized([...Buffer.from(value)])
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)]
}
