/**
 * Reads and writes regular files that a person or client named. A FIFO, a device or a socket may never end, and would hold one of the
 * process's few threads for files even after its request has ended.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { access, type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileReason } from '../errors/file-reason.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { writeAtomic } from './write-atomic.ts'

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

/**
 * Refuses anything but a regular file in a folder that is there, before its content is fetched.
 * The folder has to take a new file, which replaces the old one. Rejects with `RIPPLE_FILE_UNWRITABLE`.
 */
export async function checkWritable(file: string): Promise<void> {
  try {
    const found = await stat(file).catch(missing)
    if (found !== null) {
      refuseOther(found)
      await access(file, constants.W_OK)
    }
    const folder = dirname(await targetOf(file))
    if ((await stat(folder).catch(missing)) === null) throw new TypeError('there is no such folder')
    await access(folder, constants.W_OK)
  } catch (thrown) {
    throw unwritable(file, thrown)
  }
}

/**
 * Writes a regular file whole, or leaves it as it was. An existing file keeps its mode. Rejects with `RIPPLE_FILE_UNWRITABLE`,
 * `RIPPLE_DISK_FULL`.
 */
export async function writeRegular(file: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  try {
    await checkWritable(file)
    const target = await targetOf(file)
    const keptMode = (await stat(target).catch(missing))?.mode
    const draft = `${target}.${randomUUID()}.part`
    await writeAtomic(target, bytes, { draft, mode: 0o666, keptMode, signal })
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    if ((thrown as NodeJS.ErrnoException).code === 'ENOSPC') throw toRippleError(thrown)
    throw thrown instanceof RippleError ? thrown : unwritable(file, thrown)
  }
}

/** Returns the path of the file that is replaced or made. A link stays a link, also where no file is at its end yet. */
async function targetOf(file: string): Promise<string> {
  const found = await realpath(file).catch(missing)
  if (found !== null) return found
  const link = await readlink(file).catch(() => null)
  return link === null ? file : targetOf(resolve(dirname(file), link))
}

function missing(thrown: NodeJS.ErrnoException): null {
  if (thrown.code === 'ENOENT') return null
  throw thrown
}

function refuseOther(found: Stats): void {
  if (found.isFile()) return
  throw new TypeError(found.isDirectory() ? 'it is a folder, not a file' : 'it is not a regular file')
}

function unwritable(file: string, thrown: unknown): RippleError {
  return new RippleError('RIPPLE_FILE_UNWRITABLE', { file, detail: fileReason(thrown) }, { cause: thrown })
}

function unreadable(file: string, thrown: unknown): RippleError {
  return new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail: fileReason(thrown) }, { cause: thrown })
}
