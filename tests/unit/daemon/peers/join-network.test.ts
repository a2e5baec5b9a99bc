import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

/** A bootstrap server in name. */
const server = `#!/bin/sh
trap 'exit 0' INT
echo '#kitsune2_bootstrap_srv#listening#127.0.0.1:10#'
echo '#kitsune2_bootstrap_srv#running#'
while :; do sleep 0.05; done
`

/** Makes the needs of a join, and collects its messages. */
async function needsOf(changes: object = {}): Promise<{ needs: JoinNeeds; said: string[] }> {
  const paths = dataPaths(folder)
  const program = join(folder, 'server')
  writeFileSync(program, server, { mode: 0o700 })
  for (const one of [paths.conductor, paths.logs]) mkdirSync(one, { recursive: true })
  const said: string[] = []
  const needs = {
    config: {
      network: 'local',
      network_file: null,
      bootstrap_url: null,
      joins: 'last',
      local: { name: 'test-join' },
      ...changes,
    },
    paths,
    emit: () => undefined,
    say: (line: string) => said.push(line),
    findBootstrapProgram: async () => program,
    stack,
  } as unknown
  return { needs: needs as JoinNeeds, said }
}

test('machines whose network has the same name are on the same network', async () => {
  const first = await joinNetwork((await needsOf()).needs, never)
  expect(first).toMatchObject({ how: 'last', bootstrapUrl: 'http://127.0.0.1:10' })
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
  const second = await joinNetwork((await needsOf()).needs, never)
  expect(second.network).toEqual(first.network)
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
  const third = await joinNetwork((await needsOf({ local: { name: 'other' } })).needs, never)
  expect(third.network.seed).not.toBe(first.network.seed)
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
