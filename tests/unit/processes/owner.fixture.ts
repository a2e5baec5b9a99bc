import { join } from 'node:path'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { startChild } from '../../../host/processes/child.ts'
import { LogFile } from '../../../host/telemetry/log-file.ts'

// A daemon in small: it owns a child, says the child's pid, and waits to be killed.
const folder = process.argv[2] ?? '.'
const child = await startChild(
  {
    program: '/bin/sh',
    args: ['-c', 'echo ready; while :; do sleep 0.05; done'],
    env: {},
    stdin: null,
    log: new LogFile(join(folder, 'owned.log'), 1_000),
    pidFile: join(folder, 'owned.pid'),
    readiness: () => (line) => (line === 'ready' ? line : null),
    readyMs: 5_000,
    stopSignal: 'SIGINT',
    stopMs: 1_000,
    startFailed: (detail) => new RippleError('RIPPLE_CONDUCTOR_START', { detail }),
  },
  new AbortController().signal,
)
process.stdout.write(String(child.pid))
