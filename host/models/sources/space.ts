/** Checks that a disk has room for a download. */
import { statfs } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { partOf, sizeOf } from './download.ts'

const MIB = 1024 * 1024

/** Returns the free bytes of a folder's disk. */
export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

/** Returns the bytes that a disk has for the whole of a file: the size of its part counts as free. */
export async function roomForFile(path: string): Promise<number> {
  return (await freeBytes(dirname(path))) + (await sizeOf(partOf(path)))
}

/**
 * Checks that the disk has space for so many more bytes of a file, the first of which overwrite `replaced` ones. Returns the
 * further bytes that it has space for. Rejects with `RIPPLE_DISK_SHORT` where less than `model_disk_spare_bytes` would be
 * left, which the daemon and other programs need.
 */
export async function needRoom(
  path: string,
  bytes: number,
  replaced = 0,
  free: (dir: string) => Promise<number> = freeBytes,
): Promise<number> {
  const dir = dirname(path)
  const has = (await free(dir)) + replaced
  const needs = bytes + limits.model_disk_spare_bytes
  if (has >= needs) return has - needs
  const mib = (count: number): number => Math.ceil(count / MIB)
  const facts = { needs_mib: mib(needs), free_mib: Math.floor(has / MIB), short_mib: mib(needs - has) }
  throw new RippleError('RIPPLE_DISK_SHORT', { what: basename(path), path: dir, ...facts })
}
