/** Calls back once when this process has another parent, and gives the timer. */
export function watchParent(gone: () => void): NodeJS.Timeout
