/** Returns a command that runs a program without core dumps of it or of its children. */
export function withoutCores(
  program: string,
  args: readonly string[],
): { readonly file: string; readonly args: string[] }
