import { type ChildProcess, fork } from 'node:child_process'

/** What a forked program gets. */
export interface ForkOptions {
  /** The whole of its environment, so that nothing secret of the daemon's reaches it; empty by default. */
  readonly env?: Readonly<Record<string, string>>
  readonly stderr: 'ignore' | 'pipe'
}

/** Starts a TypeScript program of our own in a process that messages go to and come from; its one argument comes to it as JSON. */
export function forkProgram(
  file: string,
  argument: unknown,
  { env = {}, stderr }: ForkOptions,
): ChildProcess {
  return fork(file, [JSON.stringify(argument)], {
    // A Node that strips types by itself starts faster than one with a loader, and needs no build step either.
    execArgv: process.features.typescript ? ['--no-warnings'] : ['--import', import.meta.resolve('tsx')],
    env: { ...env },
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  })
}
