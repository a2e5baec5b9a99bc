/** Calls back once when the parent of this process changes. Returns the timer. */
export function watchParent(gone: () => void): NodeJS.Timeout
