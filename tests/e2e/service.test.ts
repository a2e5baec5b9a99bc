/** Tests the service under a real user manager of systemd: a daemon with its conductor and engine. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'
import type { ServiceView } from '../../host/operations/context.ts'
import { testModel } from '../harness/model.ts'
import { apart, READY_MS, ripple, rippleJson } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { systemdProblem, userSystemd } from '../harness/user-systemd.ts'
import { warmData } from '../harness/warm-data.ts'

test.skipIf(systemdProblem() !== null)(
  'a service answers a question under its hardening, ends in good order, and leaves no process',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ripple-service-'))
    try {
      await testModel()
      const data = await warmData(folder, 'peer')
      const cache = dirname(userPaths(readEnv(), process.platform).cache)
      await using machine = await userSystemd(folder, cache)
      // The unit carries the settings of the command that installs it.
      const settled = { ...machine, env: { ...machine.env, ...(await apart()).env, RIPPLE_API_PORT: '0' } }
      const installed = await ripple(settled, 'service', 'install', '--data', data)
      expect(installed.code, installed.stderr).toBe(0)

      await until(
        'the daemon answers',
        async () => (await ripple(machine, 'status', '--data', data)).code === 0,
      )
      const { pid } = await rippleJson<{ pid: number }>(machine, 'status', '--data', data)
      const service = await rippleJson<ServiceView>(machine, 'service', 'status', '--data', data)
      expect(service).toMatchObject({ installed: true, active: 'active', enabled: true, pid })
      const kernel = await readFile(`/proc/${pid}/status`, 'utf8')
      expect(kernel).toMatch(/^NoNewPrivs:\t1$/m)
      expect(kernel).toMatch(/^Seccomp:\t2$/m)
      const answer = await ripple(machine, 'ask', 'Say yes.', '--max-tokens', '4', '--data', data)
      expect(answer.code, answer.stderr).toBe(0)
      expect(answer.stdout.trim()).not.toBe('')

      const removed = await ripple(machine, 'service', 'uninstall', '--data', data)
      expect(removed.code, removed.stderr).toBe(0)
      expect(await staying(folder)).toEqual([])
      const log = await readFile(join(data, 'logs/ripple.log'), 'utf8')
      expect(log).toContain('"type":"process_stopped","child":"conductor"')
      const after = await rippleJson<ServiceView>(machine, 'service', 'status', '--data', data)
      expect(after.installed).toBe(false)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
  READY_MS,
)
