import { expect, test } from 'vitest'
import { cacheView } from '../../../../host/daemon/compose/status.ts'
import type { ChainCapacityView } from '../../../../host/operations/context.ts'
import { status } from '../../../../host/operations/machine/shape.ts'
import { statusView } from '../../api/status-view.ts'
import { render } from '../calls.ts'

/** The lines of the status about the chain and about whether work is taken. */
function linesWith(room: Partial<ChainCapacityView>): string[] {
  const { lines } = render('status', statusView(room))
  return lines
    .filter((line) => /^(chain|takes work) /.test(line))
    .map((line) => line.replace(/^(chain|takes work) +/, ''))
}

test('the status does not mention a chain with enough room', () => {
  expect(linesWith({})).toEqual(['yes'])
})

test('the status says what a nearly full chain still takes, and until when', () => {
  expect(linesWith({ tight: true, posts: 12, runs: 37 })).toEqual([
    'nearly full: until 2026-11-23T00:00:00Z it takes at least 12 more tasks posted here, or 37 of others',
    'yes',
  ])
  expect(linesWith({ tight: true, posts: 0, runs: 2 })).toEqual([
    'nearly full: until 2026-11-23T00:00:00Z no task of 3 attempts can be posted here, and it takes 2 more of others',
    'yes',
  ])
})

test('the status says that a full chain takes no work', () => {
  expect(linesWith({ tight: true, posts: 0, runs: 0 })).toEqual([
    'full: until 2026-11-23T00:00:00Z no task can be posted here, and it takes no more tasks of others',
    'no: the chain of this epoch is full, until 2026-11-23T00:00:00Z',
  ])
})

test.each([
  [null, 'off'],
  [{ entries: 0, hits: 0, misses: 0 }, '0 answers kept, 0 hits, 0 misses: no request with a seed yet'],
  [{ entries: 2, hits: 6, misses: 2 }, '2 answers kept, 6 hits, 2 misses: 75 % found'],
])('the status of a prompt cache with the figures %o is: %s', (figures, words) => {
  const view = { ...statusView(), prompt_cache: figures && cacheView(figures) }
  expect(status.output.parse(view)).toMatchObject({ prompt_cache: figures })
  expect(render('status', view).lines.find((line) => line.startsWith('prompt cache'))).toMatch(
    new RegExp(`^prompt cache +${words}$`),
  )
})

test.each([
  ['http://127.0.0.1:31000', 'another peer on this machine', ' --data FOLDER --port 0'],
  ['http://localhost:31000', 'another peer on this machine', ' --data FOLDER --port 0'],
  ['http://192.168.1.10:31000', 'another machine', ''],
])('the status of a network whose server is at %s says that %s can join', (url, who, more) => {
  const view = statusView()
  const join = `ripple up --bootstrap '${url}#k3v9'`
  const { notes } = render('status', { ...view, network: { ...view.network, join } })
  expect(notes?.[0]).toBe(`${who} joins with: ${join}${more}`)
})
