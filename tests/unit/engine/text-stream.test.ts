import type { Token } from 'node-llama-cpp'
import { expect, test } from 'vitest'
import { TextStream } from '../../../host/engine/child/text-stream.ts'

/** A tokenizer whose tokens are bytes. */
const bytes = {
  detokenize: (tokens: readonly Token[]) => Buffer.from(tokens as readonly number[]).toString('utf8'),
}

function pieces(content: Uint8Array): string[] {
  const stream = new TextStream(bytes, [])
  return [...[...content].map((byte) => stream.push(byte as Token)), stream.end()].filter(
    (text) => text !== '',
  )
}

test('a character that spans tokens comes whole', () => {
  expect(pieces(Buffer.from('aé€😀z'))).toEqual(['a', 'é', '€', '😀', 'z'])
})

test('bytes that are not a character are replaced and not held for ever', () => {
  expect(pieces(Uint8Array.of(0x61, 0xff, 0x62)).join('')).toBe('a\uFFFDb')
  expect(pieces(Uint8Array.of(0xf0, 0x9f)).join('')).toBe('\uFFFD')
})
