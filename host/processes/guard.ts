/** Builds the command that runs a program under a guardian. */

/**
 * The shell script that starts a program together with a guardian.
 *
 * The guardian reads file descriptor 3, whose other end only the daemon holds. When the daemon ends, for any reason, that
 * read meets the end of the file. The guardian then stops the program: first politely, then its whole group. `exec` keeps
 * the pid, so the pid that the daemon sees is the program's own. The program leaves no core dump, because its keys would be
 * in it.
 */
const script = `
(
  read -r word <&3 && exit 0
  kill -s "$1" $$
  left=$2
  while [ "$left" -gt 0 ] && kill -0 $$; do sleep 1; left=$((left - 1)); done
  kill -s KILL -- -$$
) </dev/null >/dev/null 2>&1 &
shift 2
ulimit -c 0
exec env "$@" 3<&-
`

/** The program to run under a guardian. */
export interface Guarded {
  readonly program: string
  readonly args: readonly string[]
  /** Variables that add to the daemon's own, or replace them. */
  readonly env: Readonly<Record<string, string>>
  readonly stopSignal: NodeJS.Signals
  /** Milliseconds that the program may take to stop before its group is killed. */
  readonly stopMs: number
}

/** Returns the command that runs a program under a guardian. Descriptor 3 must be a pipe to this process. */
export function guardedCommand(guarded: Guarded): { readonly file: string; readonly args: string[] } {
  const settings = Object.entries(guarded.env).map(([name, value]) => `${name}=${value}`)
  const seconds = Math.ceil(guarded.stopMs / 1_000)
  const stop = guarded.stopSignal.replace(/^SIG/, '')
  return {
    file: '/bin/sh',
    args: [
      '-c',
      script,
      'ripple-guard',
      stop,
      String(seconds),
      ...settings,
      guarded.program,
      ...guarded.args,
    ],
  }
}
