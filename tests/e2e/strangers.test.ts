/** Tests that machines of an open network are strangers to each other until one joins with an invite of the other. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dataPaths } from '../../host/config/paths.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { apart, type Machine, type Running, ripple, rippleJson, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

/** Milliseconds for which a stranger's task must stay undone. */
const REFUSED_MS = 10_000
/** Milliseconds in which the task of an accepted machine is done. */
const SERVED_MS = 60_000

const machine: Machine = {
  prefix: [],
  env: { ...(await apart()).env, RIPPLE_NET_MDNS: 'false', RIPPLE_LOCAL_OPEN: 'false' },
}
/** A machine with a tag that tasks can ask for. */
const tagged: Machine = { ...machine, env: { ...machine.env, RIPPLE_TAGS: 'kin' } }
const daemons: Running<Ready>[] = []
let folder = ''
let task = ''

const at = (name: string) => ['--data', join(folder, name)]

async function up(on: Machine, name: string): Promise<void> {
  await warmData(folder, name)
  daemons.push(await running<Ready>(on, 'up', '--name', name, '--port', '0', ...at(name)))
}

/** Returns where the acceptance between ann and bob is missing; undefined while one does not see the other. */
async function waiting(name: 'ann' | 'bob'): Promise<string | null | undefined> {
  type Row = { readonly name: string; readonly waiting: string | null }
  const { peers } = await rippleJson<{ peers: Row[] }>(machine, 'peers', ...at(name))
  return peers.find((one) => one.name === (name === 'ann' ? 'bob' : 'ann'))?.waiting
}

const shown = () => rippleJson<TaskView>(machine, 'task', 'show', task, ...at('ann'))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-strangers-'))
  await Promise.all([up(machine, 'ann'), up(tagged, 'bob')])
}, WARM_MS)
afterAll(async () => {
  await Promise.all(daemons.map((daemon) => daemon.end('SIGINT')))
  expect(await staying(folder)).toEqual([])
  await rm(folder, { recursive: true, force: true })
})

test(
  'two strangers wait to be accepted, and do not work for each other',
  async () => {
    const wait = async () => (await waiting('ann')) === 'here' && (await waiting('bob')) === 'here'
    await until('both wait to be accepted', wait, SERVED_MS)
    const words = ['--prompt', 'Say yes.', '--max-tokens', '4', '--tag', 'kin', '--timeout', '5m', '--force']
    task = (await rippleJson<TaskView>(machine, 'task', 'post', ...words, ...at('ann'))).id
    await sleep(REFUSED_MS)
    expect(await shown()).toMatchObject({ state: 'posted', attempts: [], claims: [] })
  },
  WARM_MS,
)

test(
  'a machine that joins with an invite for one is accepted by the inviter and accepts it, and the next is refused',
  async () => {
    const { line } = await rippleJson<{ line: string }>(machine, 'invite', '--once', ...at('ann'))
    const joined = await ripple(machine, 'join', line, ...at('bob'))
    expect([joined.stdout, joined.code]).toEqual(['connected to 1 peer\n', 0])
    await until('the task is accepted', async () => (await shown()).state === 'accepted', SERVED_MS)
    expect((await shown()).worker).toBe(
      daemons.find(({ ready }) => ready.data === join(folder, 'bob'))?.ready.agent,
    )
    const free = async () => (await waiting('ann')) === null && (await waiting('bob')) === null
    await until('neither waits any more', free)

    await warmData(folder, 'carl')
    const refused = await ripple(machine, 'join', line, '--port', '0', ...at('carl'))
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining('another machine has joined with it already'),
    ])
    const left = dataPaths(join(folder, 'carl'))
    expect(await staying(left.root)).toEqual([])
    await expect(readFile(left.lastNetwork)).rejects.toMatchObject({ code: 'ENOENT' })
  },
  WARM_MS,
)

test(
  'a forgotten machine is not let in again by its invite',
  async () => {
    const { line } = await rippleJson<{ line: string }>(machine, 'invite', ...at('ann'))
    expect((await ripple(machine, 'join', line, ...at('bob'))).code).toBe(0)
    await rippleJson(machine, 'peer', 'forget', 'bob', ...at('ann'))
    const again = await ripple(machine, 'join', line, ...at('bob'))
    expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('has withdrawn it')])
    const forgotten = async () => (await waiting('ann')) === 'here' && (await waiting('bob')) === 'there'
    await until('bob waits for ann alone', forgotten)
  },
  WARM_MS,
)
