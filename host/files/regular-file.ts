/**
 * Reads and writes regular files that a person or client named. A FIFO, a device or a socket may never end, and would hold one of the
 * process's few threads for files even after its request has ended.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { access, type FileHandle, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'

/** Most bytes of one read: the signal is checked between two reads. */
const READ_BYTES = 8 * 1024 * 1024
/** Bytes by which the buffer grows for a file that is longer than its reported size, as in /proc. */
const MORE_BYTES = 64 * 1024

/** A FIFO may have replaced the file since it was checked; opening one must not wait for its other end. */
const UNWAITING = constants.O_NONBLOCK | constants.O_NOCTTY

/** The bytes of a regular file; null where there are more than `max`. Rejects with `RIPPLE_FILE_UNREADABLE`. */
export async function readRegular(
  file: string,
  max: number,
  signal?: AbortSignal,
): Promise<Buffer<ArrayBuffer> | null> {
  try {
    refuseOther(await stat(file))
    await using handle = await open(file, constants.O_RDONLY | UNWAITING)
    const found = await handle.stat()
    refuseOther(found)
    return found.size > max ? null : await readAll(handle, found.size, max, signal)
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason
    throw unreadable(file, thrown)
  }
}

/** Reads to the end, whatever size was reported, but no more than `max` bytes. */
async function readAll(
  handle: FileHandle,
  size: number,
  max: number,
  signal?: AbortSignal,
): Promise<Buffer<ArrayBuffer> | null> {
  let bytes = Buffer.allocUnsafe(size + 1)
  let length = 0
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead } = await handle.read(bytes, length, Math.min(bytes.length - length, READ_BYTES), null)
    length += bytesRead
    if (length > max) return null
    if (bytesRead === 0) return bytes.subarray(0, length)
    if (length === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(MORE_BYTES)])
  }
}

/** Reads synchronously, as `readRegular` does. Throws `RIPPLE_FILE_UNREADABLE`. */
export function readRegularSync(file: string, max: number): Buffer | null {
  let fd: number | null = null
  try {
    refuseOther(statSync(file))
    fd = openSync(file, constants.O_RDONLY | UNWAITING)
    refuseOther(fstatSync(fd))
    const parts: Buffer[] = []
    for (let length = 0; length <= max; ) {
      const part = Buffer.allocUnsafe(MORE_BYTES)
      const read = readSync(fd, part)
      if (read === 0) return Buffer.concat(parts)
      parts.push(part.subarray(0, read))
      length += read
    }
    return null
  } catch (thrown) {
    throw unreadable(file, thrown)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

/** Refuses anything but a regular file in a folder that is there, before its content is fetched. Rejects with `RIPPLE_FILE_UNWRITABLE`. */
export async function checkWritable(file: string): Promise<void> {
  try {
    const found = await stat(file).catch(missing)
    if (found !== null) refuseOther(found)
    await access(found === null ? dirname(file) : file, constants.W_OK)
  } catch (thrown) {
    throw unwritable(file, thrown)
  }
}

/** Writes a regular file, and replaces the content of an existing one. Rejects with `RIPPLE_FILE_UNWRITABLE`, `RIPPLE_DISK_FULL`. */
export async function writeRegular(file: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  try {
    await checkWritable(file)
    await using handle = await open(file, constants.O_WRONLY | constants.O_CREAT | UNWAITING, 0o666)
    refuseOther(await handle.stat())
    await handle.truncate()
    await handle.writeFile(bytes, { signal })
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    if ((thrown as NodeJS.ErrnoException).code === 'ENOSPC') throw toRippleError(thrown)
    throw thrown instanceof RippleError ? thrown : unwritable(file, thrown)
  }
}

function missing(thrown: NodeJS.ErrnoException): null {
  if (thrown.code === 'ENOENT') return null
  throw thrown
}

function refuseOther(found: Stats): void {
  if (found.isFile()) return
  throw new TypeError(found.isDirectory() ? 'it is a directory' : 'it is not a regular file')
}

function unwritable(file: string, thrown: unknown): RippleError {
  return new RippleError('RIPPLE_FILE_UNWRITABLE', { file, detail: detailOf(thrown) }, { cause: thrown })
}

function unreadable(file: string, thrown: unknown): RippleError {
  return new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail: detailOf(thrown) }, { cause: thrown })
}

function detailOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
