/** Tests how typed words become a verb's input. */
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readInput } from '../../../host/cli/read-input.ts'

const read = (text: string) =>
  readInput(
    [{ field: 'facts', how: { as: '--facts <FILE|JSON>', kind: 'json' }, value: text }],
    Readable.from([]),
    AbortSignal.timeout(5_000),
  )

test.each([
  ['{"cpu_cores": 1}', { cpu_cores: 1 }],
  ['[1]', [1]],
  ['{broken', '{broken'],
])('a flag for JSON reads %s as a document, and a text that is none as it is', async (text, facts) => {
  expect(await read(text)).toEqual({ facts })
})
