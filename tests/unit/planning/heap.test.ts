import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Heap } from '../../../host/planning/heap.ts'

test('a heap gives the least item first, whatever was added and taken in between', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(50))), (steps) => {
      const heap = new Heap<number>((a, b) => a < b)
      const model: number[] = []
      for (const item of steps) {
        if (item === null) expect(heap.pop()).toBe(model.shift())
        else {
          heap.push(item)
          model.push(item)
          model.sort((a, b) => a - b)
        }
        expect([heap.peek(), heap.size]).toEqual([model[0], model.length])
      }
    }),
  )
})
