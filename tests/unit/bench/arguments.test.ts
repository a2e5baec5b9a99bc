import { expect, test } from 'vitest'
import { readArguments } from '../../bench/arguments.ts'
import { type Bench, bench } from '../../bench/bench.ts'
import { benches } from '../../bench/benches.ts'

const options = {
  n: { about: 'how often', otherwise: 3 },
  axis: { about: 'what grows', otherwise: 'chain', among: ['chain', 'backlog'] },
}
const some: Record<string, Bench> = {
  echo: bench('says what it was told', options, async () => ({ measure: async (values) => values })),
}

test("unnamed options have the bench's defaults", () => {
  const asked = readArguments(['echo', '--n', '7'], some)
  expect(asked).toMatchObject({ type: 'measure', name: 'echo', values: { n: 7, axis: 'chain' }, json: null })
})

test('options, choices and the file are read and reach the bench', async () => {
  const asked = readArguments(['echo', '--axis', 'backlog', '--json', 'out.json'], some)
  if (asked.type !== 'measure') throw new TypeError(asked.text)
  expect(asked.json).toBe('out.json')
  expect(await asked.bench.measure(asked.values, () => {})).toEqual({ n: 3, axis: 'backlog' })
})

test.each([
  [['echo', '--n', 'many'], '--n takes a whole number'],
  [['echo', '--n', '-1'], '--n'],
  [['echo', '--axis', 'peers'], '--axis is one of chain, backlog'],
  [['echo', '--what', '1'], '--what'],
  [['toString'], "there is no bench 'toString'"],
])('%j is refused with the reason', (words, why) => {
  const asked = readArguments(words, some)
  expect(asked).toMatchObject({ type: 'wrong', text: expect.stringContaining(why) })
})

test.each([[[]], [['--help']], [['echo', '--help']]])('%j asks for help', (words) => {
  expect(readArguments(words, some)).toMatchObject({ type: 'help', text: expect.stringContaining('echo') })
})

test.each(Object.keys(benches))('%s runs with its defaults', (name) => {
  expect(readArguments([name], benches)).toMatchObject({ type: 'measure', name })
})
