// How a program is started so that it leaves no core dump, in which its keys would lie.

/** Turns a program and its arguments into a command that leaves no core dump, whatever comes of it or of its children. */
export function withoutCores(program, args) {
  return { file: '/bin/sh', args: ['-c', 'ulimit -c 0; exec "$@"', 'ripple', program, ...args] }
}
