import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { ChunkJoiner, splitChunks } from '../../../host/net/chunks.ts'
import { agentKey } from './agents.ts'

const from = agentKey('a')

describe('pieces of a message', () => {
  it.each([
    0,
    1,
    limits.message_chunk_bytes_max,
    limits.message_chunk_bytes_max + 1,
    limits.message_bytes_max,
  ])('the pieces of a message join in any order (%i bytes)', (length) => {
    const bytes = new Uint8Array(length).fill(7)
    const pieces = splitChunks(bytes).reverse()
    const joiner = new ChunkJoiner()
    const joined = pieces.map((piece) => joiner.take(from, piece, 0))
    expect(joined.slice(0, -1).every((one) => one.kind === 'waiting')).toBe(true)
    const last = joined.at(-1)
    expect(last?.kind === 'whole' && Buffer.from(last.bytes).equals(bytes)).toBe(true)
  })

  it('the pieces of two simultaneous messages are kept apart', () => {
    const joiner = new ChunkJoiner()
    const [one = new Uint8Array()] = splitChunks(new Uint8Array(limits.message_bytes_max))
    expect(joiner.take(from, one, 0).kind).toBe('waiting')
    for (const piece of splitChunks(new Uint8Array(limits.message_bytes_max))) joiner.take(from, piece, 0)
    expect(joiner.take(agentKey('b'), one, 0).kind).toBe('waiting')
  })

  it('pieces beyond the bound of open messages are dropped, and old ones forgotten', () => {
    const joiner = new ChunkJoiner()
    const first = () => splitChunks(new Uint8Array(limits.message_bytes_max))[0] ?? new Uint8Array()
    for (let at = 0; at < limits.message_assemblies_max; at += 1) {
      expect(joiner.take(from, first(), 0).kind).toBe('waiting')
    }
    expect(joiner.take(from, first(), 0).kind).toBe('dropped')
    expect(joiner.take(from, first(), limits.message_send_ms + 1).kind).toBe('waiting')
  })

  it('a piece numbered beyond its count, or too many pieces, are dropped', () => {
    const joiner = new ChunkJoiner()
    const piece = { id: new Uint8Array(16), index: 2, count: 2, bytes: new Uint8Array(1) }
    expect(joiner.take(from, encode(piece), 0).kind).toBe('dropped')
    expect(joiner.take(from, encode({ ...piece, index: 0, count: 1_000 }), 0).kind).toBe('dropped')
  })

  it('arbitrary pieces never throw', () => {
    const joiner = new ChunkJoiner()
    fc.assert(fc.property(fc.uint8Array(), (bytes) => joiner.take(from, bytes, 0).kind === 'dropped'))
  })
})
