import { type ChildProcess, fork } from 'node:child_process'

/** What a forked program gets. */
export interface ForkOptions {
  /** The whole of its environment, so that nothing secret of the daemon's reaches it; empty by default. */
  readonly env?: Readonly<Record<string, string>>
  readonly stderr: 'ignore' | 'pipe'
  /** Most that its JavaScript may keep in memory, in MiB: it is ended where it would be more. Node's own bound by default. */
  readonly heap_mib?: number
}

/** Starts a TypeScript program of our own in a process that messages go to and come from; its one argument comes to it as JSON. */
export function forkProgram(
  file: string,
  argument: unknown,
  { env = {}, stderr, heap_mib }: ForkOptions,
): ChildProcess {
  return fork(file, [JSON.stringify(argument)], {
    // A Node that strips types by itself starts faster than one with a loader, and needs no build step either.
    execArgv: [
      ...(process.features.typescript ? ['--no-warnings'] : ['--import', import.meta.resolve('tsx')]),
      ...(heap_mib === undefined ? [] : [`--max-old-space-size=${heap_mib}`]),
    ],
    env,
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  })
}
