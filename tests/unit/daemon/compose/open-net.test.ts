import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resolveConfig } from '../../../../host/config/config.ts'
import { readEnv } from '../../../../host/config/env.ts'
import { readNetwork, resolveNetwork } from '../../../../host/config/network.ts'
import { dataPaths } from '../../../../host/config/paths.ts'
import { openNode } from '../../../../host/daemon/compose/open-net.ts'
import type { PeerNode } from '../../../../host/net/libp2p.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-net-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const bootstrapUrl = 'http://127.0.0.1:31000'
const network = resolveNetwork(readNetwork('local'), { bootstrap: bootstrapUrl, localName: 'home' })
const portOf = (node: PeerNode) => /\/tcp\/(\d+)/.exec(node.addresses()[0] ?? '')?.[1]

test('a machine reuses the port of its last run, or takes another if that is taken', async () => {
  const config = resolveConfig(readEnv({ HOME: folder }))
  const journal = new MemoryJournal()
  const open = (name: string) => {
    const paths = { ...dataPaths(folder), peerKey: join(folder, name) }
    return openNode(config, { paths, journal }, { network, bootstrapUrl })
  }
  const first = await open('one.key')
  const port = portOf(first)
  await first[Symbol.asyncDispose]()
  await using second = await open('one.key')
  expect(portOf(second)).toBe(port)
  await using third = await open('two.key')
  expect(portOf(third)).not.toBe(port)
})
