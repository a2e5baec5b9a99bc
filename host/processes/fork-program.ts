/** Starts Ripple's own programs in processes of their own. */
import { type ChildProcess, fork } from 'node:child_process'

/** The settings of a forked program. */
export interface ForkOptions {
  /** Its complete environment, so that no secret of the daemon reaches it; empty by default. */
  readonly env?: Readonly<Record<string, string>>
  readonly stderr: 'ignore' | 'pipe'
  /** The most memory of its JavaScript heap, in MiB; Node's own bound by default. The process ends above it. */
  readonly heap_mib?: number
}

/**
 * Starts one of Ripple's TypeScript programs in a process that exchanges messages with this one. It receives its one
 * argument as JSON.
 */
export function forkProgram(
  file: string,
  argument: unknown,
  { env = {}, stderr, heap_mib }: ForkOptions,
): ChildProcess {
  return fork(file, [JSON.stringify(argument)], {
    // A Node that strips types by itself starts faster than one with a loader, and also needs no build step.
    execArgv: [
      ...(process.features.typescript ? ['--no-warnings'] : ['--import', import.meta.resolve('tsx')]),
      ...(heap_mib === undefined ? [] : [`--max-old-space-size=${heap_mib}`]),
    ],
    env,
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  })
}
