// The version of a database's format, which stands in the database itself.
import { closeSync, openSync, readSync } from 'node:fs'
import { RippleError } from '../errors/ripple-error.ts'

/** Where a SQLite file has the number that its writer gave it (`user_version`), by SQLite's file format. */
const HEADER = { bytes: 100, magic: 'SQLite format 3\0', version: 60 } as const

/**
 * Refuses a database of a newer format than `known` before SQLite opens the file, so that nothing of it changes. Throws
 * `RIPPLE_DATA_NEWER`. A file that is missing, cannot be read or is no database passes: SQLite says so itself.
 */
export function refuseNewerDatabase(file: string, known: number): void {
  const header = readHeader(file)
  if (!header.toString('latin1').startsWith(HEADER.magic)) return
  const found = header.readUInt32BE(HEADER.version)
  if (found > known) throw new RippleError('RIPPLE_DATA_NEWER', { file, found, known })
}

function readHeader(file: string): Buffer {
  const header = Buffer.alloc(HEADER.bytes)
  try {
    const fd = openSync(file, 'r')
    try {
      readSync(fd, header, 0, HEADER.bytes, 0)
    } finally {
      closeSync(fd)
    }
  } catch {
    return Buffer.alloc(0)
  }
  return header
}
