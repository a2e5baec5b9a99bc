import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPeerNode, type PeerAddress, type PeerNode } from '../../host/net/libp2p.ts'
import { Links } from '../../host/peers/links.ts'
import type { Link } from '../../host/types/peer.ts'
import { systemClock } from '../../host/work/context/clock.ts'
import { slow } from '../harness/slow.ts'
import { agentKey } from '../unit/net/agents.ts'

/** Milliseconds within which a killed process, and a machine that falls silent, count as unreachable. */
const KILLED_MS = 8_000
const SILENT_MS = 30_000

const other = agentKey('o')
let folder: string
let node: PeerNode
let links: Links
let child: ChildProcess
let at: PeerAddress
let hasLeft = false
const seen: Link['state'][] = []

/** Starts the other machine's node in a process of its own, at the same key. */
async function startOther(): Promise<void> {
  const script = new URL('../harness/peer-node.ts', import.meta.url).pathname
  child = spawn(process.execPath, [script, join(folder, 'other.key')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout ?? child, 'data')
  at = JSON.parse(String(line))
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-links-'))
  node = await openPeerNode({ keyFile: join(folder, 'own.key') })
  await startOther()
  seen.length = 0
  hasLeft = false
  links = new Links({
    libp2p: node.libp2p,
    book: {
      lookup: (agent) => (agent === other ? at : null),
      agentOf: (peerId) => (peerId === at.peerId ? other : null),
    },
    clock: systemClock,
    hasLeft: () => hasLeft,
    connect: node.connect,
  })
  links.onChange((_agent, { state }) => seen.push(state))
  await node.connect(at, AbortSignal.timeout(3_000))
  await expect.poll(() => links.of(other)?.state).toBe('open')
})
afterEach(async () => {
  links[Symbol.dispose]()
  child.kill('SIGKILL')
  await node[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('a killed process is found within 8 s, and found again when it returns', async () => {
  child.kill('SIGKILL')
  await expect.poll(() => links.of(other)?.state, { timeout: KILLED_MS }).toBe('failed')
  expect(seen).toEqual(['open', 'closed', 'failed'])
  await startOther()
  await expect.poll(() => links.of(other)?.state, { timeout: SILENT_MS }).toBe('open')
})

test('a connection that ends while its process lives is opened again', async () => {
  await node.libp2p.hangUp((await node.connect(at, AbortSignal.timeout(3_000))).remotePeer)
  await expect.poll(() => seen).toEqual(['open', 'closed', 'open'])
})

test('a machine that said goodbye is not dialled', async () => {
  hasLeft = true
  child.kill('SIGKILL')
  await expect.poll(() => links.of(other)?.state).toBe('closed')
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toEqual(['open', 'closed'])
})

test.runIf(slow)(
  'a machine that falls silent is found within 30 s',
  async () => {
    child.kill('SIGSTOP')
    await expect.poll(() => links.of(other)?.state, { timeout: SILENT_MS }).toBe('failed')
  },
  2 * SILENT_MS,
)
