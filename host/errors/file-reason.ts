/** Explains errors of the file system in plain words. */
import { getSystemErrorMessage } from 'node:util'

/** Replacements for the system's own words that are too technical. */
const plain: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'part of its path is not a folder',
  EACCES: 'this user lacks the permission',
}

/** Returns the reason without Node's code, call and path; other errors keep their message. */
export function fileReason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const { code = '', errno, syscall } = thrown as NodeJS.ErrnoException
  if (syscall === undefined || errno === undefined) return thrown.message
  return plain[code] ?? getSystemErrorMessage(errno) ?? thrown.message
}
