import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dataPaths } from '../../../host/config/paths.ts'
import { type JoinNeeds, joinNetwork } from '../../../host/daemon/join-network.ts'

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

test('a session goes on at another port where its own was taken meanwhile', async () => {
  const paths = dataPaths(folder)
  const program = join(folder, 'server')
  writeFileSync(program, server, { mode: 0o700 })
  for (const one of [paths.conductor, paths.logs]) mkdirSync(one, { recursive: true })
  const session = join(paths.root, 'session.json')
  writeFileSync(session, '{"session":"as-before","listening":"127.0.0.1:9"}')
  const needs = {
    config: { network: 'local', network_file: null, bootstrap_url: null },
    paths,
    log: { info: () => undefined },
    say: () => undefined,
    findBootstrapProgram: async () => program,
    stack,
  } as unknown
  const joined = await joinNetwork(needs as JoinNeeds, never)
  expect(joined).toMatchObject({ bootstrapUrl: 'http://127.0.0.1:10', network: { session: 'as-before' } })
  expect(JSON.parse(readFileSync(session, 'utf8'))).toEqual({
    session: 'as-before',
    listening: '127.0.0.1:10',
  })
})
