// Starts programs so that they leave no core dump, which would contain their keys.

/** Returns a command that runs a program without core dumps of it or of its children. */
export function withoutCores(program, args) {
  return { file: '/bin/sh', args: ['-c', 'ulimit -c 0; exec "$@"', 'ripple', program, ...args] }
}
