import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limits } from '../../host/limits.ts'
import type { Ready } from '../../host/operations/local.ts'
import { apart, begin, here, rippleJson, running } from '../harness/peer.ts'
import { runs, staying, tree } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

/** Time that Ctrl-C may take, in milliseconds: a conductor that is busy is killed after its own deadline. */
const END_MS = limits.conductor_stop_ms + 4_000

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-signals-'))
})

afterEach(async () => {
  expect(await staying(folder)).toEqual([])
  await rm(folder, { recursive: true, force: true })
})

/** Whether the daemon's log says that its conductor is ready: the hApp is being installed from then on. */
async function installing(data: string): Promise<boolean> {
  const log = await readFile(join(data, 'logs/ripple.log'), 'utf8').catch(() => '')
  return log.includes('"type":"process_ready","child":"conductor"')
}

test.each([
  ['its conductor starts', async (data: string) => existsSync(join(data, 'conductor/conductor.pid'))],
  ['the hApp is being compiled', installing],
])('Ctrl-C of a first start while %s ends it soon and leaves no process', async (_when, isSo) => {
  const data = join(folder, 'fresh')
  const command = begin(await apart(), 'ripple', 'up', '--data', data, '--port', '0')
  await until('the moment has come', () => isSo(data))
  const processes = tree(command.pid)
  const asked = performance.now()
  command.kill('SIGINT')
  const { code, stderr } = await command.ended
  expect(performance.now() - asked).toBeLessThan(END_MS)
  expect(code, stderr).toBe(130)
  expect(processes.filter(({ pid }) => runs(pid))).toEqual([])
})

test(
  'kill -9 of a daemon leaves no process, and the next daemon works at once',
  async () => {
    const data = await warmData(folder, 'peer')
    const machine = await apart()
    const up = () => running<Ready>(machine, 'up', '--data', data, '--port', '0')
    const first = await up()
    const processes = tree(first.pid)
    expect(processes.length).toBeGreaterThan(3)
    await first.end('SIGKILL')
    await using second = await up()
    expect(second.ready.agent).toBe(first.ready.agent)
    expect(processes.filter(({ pid }) => runs(pid))).toEqual([])
    const words = ['--prompt', 'Say yes.', '--max-tokens', '4', '--wait', '--data', data]
    expect(await rippleJson(here, 'task', 'post', ...words)).toMatchObject({ state: 'accepted' })
  },
  WARM_MS,
)
