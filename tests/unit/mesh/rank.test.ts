import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rank } from '../../../host/mesh/rank.ts'
import { peer, taskEvent } from './fixtures.ts'

const task = taskEvent()
const nobody: ReadonlySet<string> = new Set()
const anyPeer = fc
  .record({
    agent: fc.string({ minLength: 1, maxLength: 4 }),
    ram: fc.integer({ min: 1, max: 64 }),
    load: fc.integer({ min: 0, max: 100 }),
  })
  .map(({ agent, ram, load }) => {
    const one = peer(agent, { ram_gb: ram })
    return { ...one, card: { ...one.card, load: { cpu_percent: load, gpu_percent: 0, memory_percent: 0 } } }
  })
const peers = fc.uniqueArray(anyPeer, { selector: (one) => one.agent, maxLength: 12 })

describe('rank', () => {
  test('is the same whatever the order of the list', () => {
    const shuffled = peers.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    )
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(rank(task, other, nobody)).toEqual(rank(task, list, nobody))
      }),
    )
  })

  test('keeps its order when peers come and go', () => {
    const some = peers.chain((list) => fc.tuple(fc.constant(list), fc.subarray(list)))
    fc.assert(
      fc.property(some, ([list, part]) => {
        const kept = rank(task, list, nobody).filter((one) => part.includes(one))
        expect(rank(task, part, nobody)).toEqual(kept)
      }),
    )
  })

  test('prefers the tightest memory that suffices, and puts the too small last', () => {
    const needy = taskEvent({
      requirements: { cpu_cores: 0, memory_mib: 8_192, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] },
    })
    const list = [peer('huge', { ram_gb: 256 }), peer('small', { ram_gb: 4 }), peer('fits', { ram_gb: 12 })]
    expect(rank(needy, list, nobody).map((one) => one.agent)).toEqual(['fits', 'huge', 'small'])
  })

  test('puts those that lost an attempt after all others', () => {
    const list = [peer('a'), peer('b'), peer('c')]
    const first = rank(task, list, nobody)[0]?.agent ?? ''
    expect(rank(task, list, new Set([first])).at(-1)?.agent).toBe(first)
  })

  test('spreads tasks over equal peers', () => {
    const list = [peer('a'), peer('b'), peer('c')]
    const firsts = new Set(
      Array.from({ length: 50 }, (_, i) => rank(taskEvent({}, `task ${i}`), list, nobody)[0]?.agent),
    )
    expect(firsts.size).toBe(3)
  })
})
