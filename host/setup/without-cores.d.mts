/** Turns a program and its arguments into a command that leaves no core dump, whatever comes of it or of its children. */
export function withoutCores(
  program: string,
  args: readonly string[],
): { readonly file: string; readonly args: string[] }
