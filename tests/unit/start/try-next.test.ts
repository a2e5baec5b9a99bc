import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stepsFor, tryNext } from '../../../host/start/try-next.ts'

const api = { url: 'http://127.0.0.1:4747', key_file: '/data/openai.key' }

test('a newcomer is shown three commands and the base URL', () => {
  const place = { project: '/home/ann/ripple', data: '/data', api }
  expect(stepsFor(place).map(({ command }) => command.replace(/ -H.*/, ''))).toEqual([
    'npx --prefix /home/ann/ripple ripple open --data /data',
    "npx --prefix /home/ann/ripple ripple ask 'Name a river.' --data /data",
    'curl http://127.0.0.1:4747/v1/chat/completions',
  ])
  // Another program is given the key that opens no more than it needs.
  expect(tryNext(place)).toContain('$(cat /data/openai.key)')
  expect(tryNext(place)).toContain('base URL http://127.0.0.1:4747/v1 ')
})

test('a shell reads any folder name in a shown command back', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((one) => !/[\0\r\n]/.test(one))
  const property = fc.property(name, (folder) => {
    const data = `/data/${folder}`
    const [, ask] = stepsFor({ project: '/ripple', data, api })
    const typed = `npx() { printf '%s\\n' "$@"; }; ${ask?.command}`
    const words = execFileSync('sh', ['-c', typed], { encoding: 'utf8' }).trimEnd().split('\n')
    expect(words).toEqual(['--prefix', '/ripple', 'ripple', 'ask', 'Name a river.', '--data', data.trimEnd()])
  })
  fc.assert(property, { numRuns: 50 })
})
