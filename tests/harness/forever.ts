/** For what no test ends before its time. */
export const forever = new AbortController().signal
