import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dataPaths } from '../../../../host/config/paths.ts'
import { type JoinNeeds, joinNetwork } from '../../../../host/daemon/peers/join-network.ts'

const never = new AbortController().signal

let folder: string
let stack: AsyncDisposableStack
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-join-'))
  stack = new AsyncDisposableStack()
})
afterEach(async () => {
  await stack.disposeAsync()
  rmSync(folder, { recursive: true })
})

/** A bootstrap server in name, for which port 9 is taken. */
const server = `#!/bin/sh
trap 'exit 0' INT
if [ "$2" = 127.0.0.1:9 ]; then echo 'Address already in use' >&2; exit 1; fi
echo '#kitsune2_bootstrap_srv#listening#127.0.0.1:10#'
echo '#kitsune2_bootstrap_srv#running#'
while :; do sleep 0.05; done
`

/** Makes the needs of a join, and collects its messages. */
async function needsOf(changes: object = {}): Promise<{ needs: JoinNeeds; said: string[]; session: string }> {
  const paths = dataPaths(folder)
  const program = join(folder, 'server')
  writeFileSync(program, server, { mode: 0o700 })
  for (const one of [paths.conductor, paths.logs]) mkdirSync(one, { recursive: true })
  const said: string[] = []
  const needs = {
    config: { network: 'local', network_file: null, bootstrap_url: null, joins: 'last', ...changes },
    paths,
    emit: () => undefined,
    say: (line: string) => said.push(line),
    findBootstrapProgram: async () => program,
    stack,
  } as unknown
  return { needs: needs as JoinNeeds, said, session: paths.session }
}

test('a session continues on another port if its own was taken meanwhile', async () => {
  const { needs, session } = await needsOf()
  writeFileSync(session, '{"session":"as-before","listening":"127.0.0.1:9"}')
  const joined = await joinNetwork(needs, never)
  expect(joined).toMatchObject({
    bootstrapUrl: 'http://127.0.0.1:10',
    how: 'last',
    network: { session: 'as-before' },
  })
  expect(JSON.parse(readFileSync(session, 'utf8'))).toEqual({
    session: 'as-before',
    listening: '127.0.0.1:10',
  })
})

test('a machine keeps the network that it founded until it is called with --new', async () => {
  const first = await joinNetwork((await needsOf()).needs, never)
  expect(first.how).toBe('new')
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
  const second = await joinNetwork((await needsOf()).needs, never)
  expect(second).toMatchObject({ how: 'last', network: { session: first.network.session } })
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
  const third = await joinNetwork((await needsOf({ joins: 'new' })).needs, never)
  expect(third.how).toBe('new')
  expect(third.network.session).not.toBe(first.network.session)
})

test('a machine that joins by a URL without a server says so at its start', async () => {
  const { needs, said } = await needsOf({ bootstrap_url: 'http://127.0.0.1:9#k3v9', joins: 'named' })
  expect(await joinNetwork(needs, never)).toMatchObject({ how: 'named' })
  expect(said).toEqual([expect.stringContaining('RIPPLE_BOOTSTRAP_DOWN')])
})

test.each(['http://127.0.0.1:9#%', 'http://127.0.0.1:9#a b', 'ftp://127.0.0.1:9'])(
  'a URL such as %s is refused, because it names no network',
  async (bootstrap_url) => {
    const { needs } = await needsOf({ bootstrap_url, joins: 'named' })
    await expect(joinNetwork(needs, never)).rejects.toMatchObject({ code: 'RIPPLE_NETWORK_INVALID' })
  },
)

test('a new network is refused if networks of that name have no sessions', async () => {
  const { needs } = await needsOf({ network: 'testnet', joins: 'new' })
  await expect(joinNetwork(needs, never)).rejects.toMatchObject({ code: 'RIPPLE_NETWORK_INVALID' })
})
