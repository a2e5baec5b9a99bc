/** Checks that a disk has room for a download. */
import { statfs } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { partOf, sizeOf } from './download.ts'

const MIB = 1024 * 1024

/** What a folder's disk has to give, in bytes. */
export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

/** What a disk has to give for the whole of a file, in bytes: its part counts as room. */
export async function roomForFile(path: string): Promise<number> {
  return (await freeBytes(dirname(path))) + (await sizeOf(partOf(path)))
}

/**
 * Checks that the disk can take so many bytes more of a file, the first of them in the place of `replaced` ones. Rejects with
 * `RIPPLE_DISK_SHORT` where the disk would not have `model_disk_spare_bytes` left, which the daemon and everything else
 * on it need.
 */
export async function needRoom(
  path: string,
  bytes: number,
  replaced = 0,
  free: (dir: string) => Promise<number> = freeBytes,
): Promise<void> {
  const dir = dirname(path)
  const has = (await free(dir)) + replaced
  const needs = bytes + limits.model_disk_spare_bytes
  if (has >= needs) return
  const mib = (count: number): number => Math.ceil(count / MIB)
  const facts = { needs_mib: mib(needs), free_mib: Math.floor(has / MIB), short_mib: mib(needs - has) }
  throw new RippleError('RIPPLE_DISK_SHORT', { what: basename(path), path: dir, ...facts })
}
