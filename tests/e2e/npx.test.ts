/** Commands that npx runs in a shell of its own, which gets signals and tells nobody. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { runs, tree } from '../harness/processes.ts'
import { until } from '../harness/until.ts'

/** Longest time of npx, of the server's start and of its end, in milliseconds. */
const NPX_MS = 120_000

const project = resolve(import.meta.dirname, '../..')

// Ctrl-C reaches all of them from the terminal; npm leaves it to them.
test.each(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
  '%s to `npx ripple relay` ends all that it started',
  async (signal) => {
    const npx = spawn('npx', ['ripple', 'relay', '--json'], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const ended = once(npx, 'exit')
    await once(npx.stdout, 'data')
    const processes = tree(npx.pid ?? 0)
    expect(processes.length).toBeGreaterThan(2)
    npx.kill(signal)
    await ended
    await until('all have ended', async () => processes.every(({ pid }) => !runs(pid)))
  },
  NPX_MS,
)
