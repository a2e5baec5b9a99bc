// Checks the version of a database's format, which the database itself holds.
import { closeSync, openSync, readSync } from 'node:fs'
import { RippleError } from '../errors/ripple-error.ts'

/** The position of the number that its writer set (`user_version`) in a SQLite file, by SQLite's file format. */
const HEADER = { bytes: 100, magic: 'SQLite format 3\0', version: 60 } as const

/**
 * Refuses a database of a newer format than `known` before SQLite opens the file, so that the file does not change.
 * Throws `RIPPLE_DATA_NEWER`. A file that is missing, unreadable or no database passes: SQLite itself reports it.
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
