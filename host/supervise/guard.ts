/**
 * The shell text that starts a program with a guardian beside it.
 *
 * The guardian reads file descriptor 3, whose other end only the daemon holds. When the daemon ends, however it ends,
 * that read meets the end of the file, and the guardian stops the program: first politely, then its whole group.
 * `exec` keeps the pid, so the pid that the daemon sees is the program's own. It leaves no core dump: its keys would lie in it.
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

/** What is to run under a guardian. */
export interface Guarded {
  readonly program: string
  readonly args: readonly string[]
  /** Variables set on top of the daemon's own. */
  readonly env: Readonly<Record<string, string>>
  readonly stopSignal: NodeJS.Signals
  /** How long the program may take to stop before its group is killed, in milliseconds. */
  readonly stopMs: number
}

/** Turns a program into the command that runs it under a guardian; descriptor 3 must be a pipe to this process. */
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
