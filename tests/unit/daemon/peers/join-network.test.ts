import { afterEach, beforeEach, expect, test } from 'vitest'
import { readNetwork, resolveNetwork } from '../../../../host/config/network.ts'
import { type JoinNeeds, joinCommand, joinNetwork } from '../../../../host/daemon/peers/join-network.ts'

const never = new AbortController().signal

let stack: AsyncDisposableStack
beforeEach(() => {
  stack = new AsyncDisposableStack()
})
afterEach(() => stack.disposeAsync())

/** Makes the needs of a join, and collects its messages. */
function needsOf(changes: object = {}): { needs: JoinNeeds; said: string[] } {
  const said: string[] = []
  const needs = {
    config: {
      data: '/nowhere',
      network: 'local',
      network_file: null,
      bootstrap_url: null,
      joins: 'last',
      local: { name: 'test-join' },
      ...changes,
    },
    emit: () => undefined,
    say: (line: string) => said.push(line),
    stack,
  } as unknown
  return { needs: needs as JoinNeeds, said }
}

test('machines whose local network has the same name are on the same network, without a server of their own', async () => {
  const first = await joinNetwork(needsOf().needs, never)
  expect(first).toMatchObject({ how: 'last', bootstrapUrl: null, join: 'ripple up --local test-join' })
  expect((await joinNetwork(needsOf().needs, never)).network).toEqual(first.network)
  const other = await joinNetwork(needsOf({ local: { name: 'test-other' } }).needs, never)
  expect(other.network.seed).not.toBe(first.network.seed)
})

test('a machine that joins by a URL without a server says so at its start', async () => {
  const { needs, said } = needsOf({ bootstrap_url: 'http://127.0.0.1:9#k3v9', joins: 'named' })
  expect(await joinNetwork(needs, never)).toMatchObject({ how: 'named' })
  expect(said).toEqual([expect.stringContaining('RIPPLE_BOOTSTRAP_DOWN')])
})

test.each(['http://127.0.0.1:9#%', 'http://127.0.0.1:9#a b', 'ftp://127.0.0.1:9'])(
  'a URL such as %s is refused, because it names no network',
  async (bootstrap_url) => {
    const { needs } = needsOf({ bootstrap_url, joins: 'named' })
    await expect(joinNetwork(needs, never)).rejects.toMatchObject({ code: 'RIPPLE_NETWORK_INVALID' })
  },
)

test.each([
  ['local', null, 'home', 'ripple up'],
  ['local', null, 'attic', 'ripple up --local attic'],
  ['local', 'http://10.0.0.5:31000#k3v9', 'home', "ripple up --bootstrap 'http://10.0.0.5:31000#k3v9'"],
  ['testnet', null, 'home', null],
])('another machine joins %s at %s, named %s, by %s', (network, bootstrap, localName, command) => {
  expect(joinCommand(resolveNetwork(readNetwork(network), { bootstrap, localName }))).toBe(command)
})
