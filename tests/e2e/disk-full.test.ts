import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StatusView, TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { apart, here, ripple, rippleJson, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { diskProblem, smallDisk } from '../harness/small-disk.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

/** Room for a peer and a little work, in MiB: the compiled zomes take 210 of it. */
const DISK_MIB = 300

const problem = diskProblem()

test.skipIf(problem !== null)(
  `a full disk is an error, and accepted work is done once there is room${problem ? ` (${problem})` : ''}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ripple-full-'))
    try {
      using disk = smallDisk(join(folder, 'disk'), DISK_MIB)
      const data = await warmData(disk.folder, 'peer')
      const at = ['--data', data]
      await using peer = await running<Ready>(await apart(), 'up', ...at, '--port', '0')
      const post = (prompt: string) =>
        ripple(here, 'task', 'post', '--prompt', prompt, '--max-tokens', '128', '--json', ...at)
      const status = () => rippleJson<StatusView>(here, 'status', ...at)
      const first = (await status()).conductor.pid
      // Nothing is run before the disk is full.
      expect((await ripple(here, 'drain', ...at)).code).toBe(0)
      const accepted: TaskView = JSON.parse((await post('Count to ten.')).stdout)
      disk.fill()
      const refused = await post('Name three primes.')
      expect(refused.code).toBe(1)
      expect(JSON.parse(refused.stdout).error.code).toBe('RIPPLE_DISK_FULL')
      const show = () => rippleJson<TaskView>(here, 'task', 'show', accepted.id, ...at)
      expect((await show()).task).toBe(accepted.task)
      expect((await rippleJson<{ tasks: TaskView[] }>(here, 'task', 'list', ...at)).tasks).toHaveLength(1)
      expect((await ripple(here, 'drain', '--off', ...at)).code).toBe(0)
      const isFull = async () => (await status()).writes.code === 'RIPPLE_DISK_FULL'
      await until('the conductor had no room', isFull)
      disk.free()
      // Writes of a conductor after its disk was full may be lost with its process.
      await until('the conductor has been started anew', async () => {
        const { conductor, writes } = await status()
        return conductor.pid !== null && conductor.pid !== first && writes.state === 'open'
      })
      await until('the task is done', async () => (await show()).state === 'accepted')
      expect((await post('Name three primes.')).code).toBe(0)
      disk.fill()
      expect((await peer.end('SIGINT')).code).toBe(0)
    } finally {
      expect(await staying(folder)).toEqual([])
      await rm(folder, { recursive: true, force: true })
    }
  },
  WARM_MS,
)
