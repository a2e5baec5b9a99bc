import { expect, test } from 'vitest'
import { CpuShares } from '../../../host/engine/child/cpu-shares.ts'
import { Steps } from '../../../host/engine/child/steps.ts'

const tick = () => new Promise(setImmediate)

test('runs take their steps together, and a finished one holds up nobody', async () => {
  const steps = new Steps()
  const taken: string[] = []
  const run = async (name: string, count: number) => {
    const part = steps.join()
    for (let i = 0; i < count; i += 1) {
      await steps.next()
      taken.push(`${name}${i}`)
    }
    part[Symbol.dispose]()
  }
  await Promise.all([run('a', 3), run('b', 1), run('c', 2)])
  expect(taken).toEqual(['a0', 'b0', 'c0', 'a1', 'c1', 'a2'])
})

test('a run that joins is waited for', async () => {
  const steps = new Steps()
  const first = steps.join()
  await steps.next()
  const second = steps.join()
  let gone = false
  void steps.next().then(() => {
    gone = true
  })
  await tick()
  expect(gone).toBe(false)
  second[Symbol.dispose]()
  await tick()
  await tick()
  expect(gone).toBe(true)
  first[Symbol.dispose]()
})

test('the CPU time of the process is split among its runs', () => {
  let now = 100
  const shares = new CpuShares(() => now)
  const endA = shares.begin()
  now += 10
  const endB = shares.begin()
  now += 20
  expect(endA()).toBe(20)
  now += 5
  expect(endB()).toBe(15)
  now += 50
  const endC = shares.begin()
  expect(endC()).toBe(0)
})
