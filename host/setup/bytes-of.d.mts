/** Returns the bytes of all files below a folder; 0 if there is none. */
export function bytesOf(folder: string): number
