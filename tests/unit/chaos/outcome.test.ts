import { expect, test } from 'vitest'
import { eachOnce } from '../../chaos/outcome.ts'
import type { Disturbance } from '../../harness/checker/history.ts'

const kill = (agents: string[], from: number, to = from): Disturbance => ({ kind: 'kill', agents, from, to })

test('a fault noted at its moment and with its duration counts once', () => {
  const span = kill(['a'], 1_001, 9_000)
  expect(eachOnce([span, kill(['a'], 1_000)])).toEqual([span])
})

test('a fault of two peers counts with the duration at each', () => {
  const spans = [kill(['a'], 1_000, 9_000), kill(['b'], 1_000, 5_000)]
  expect(eachOnce([...spans, kill(['a', 'b'], 1_000)])).toEqual(spans)
})

test('a fault of another kind, peer or time stays', () => {
  const span = kill(['a'], 1_000, 9_000)
  const others: Disturbance[] = [
    { ...kill(['a'], 2_000), kind: 'engine' },
    kill(['b'], 2_000),
    kill(['a'], 9_001),
    kill(['a', 'b'], 2_000),
  ]
  expect(eachOnce([span, ...others])).toEqual([span, ...others])
})
