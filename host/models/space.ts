import { statfs } from 'node:fs/promises'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'

const MIB = 1024 * 1024

/** What a folder's disk has to give, in bytes. */
export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

/**
 * Rejects with `RIPPLE_DISK_SHORT` when a folder's disk could not take so many bytes of `what` and have
 * `model_disk_spare_bytes` left, which the daemon and everything else on the disk need.
 */
export async function checkSpace(
  what: string,
  dir: string,
  bytes: number,
  free: (dir: string) => Promise<number> = freeBytes,
): Promise<void> {
  const [needs, has] = [bytes + limits.model_disk_spare_bytes, await free(dir)]
  if (has >= needs) return
  const mib = (count: number): number => Math.ceil(count / MIB)
  const facts = { needs_mib: mib(needs), free_mib: Math.floor(has / MIB), short_mib: mib(needs - has) }
  throw new RippleError('RIPPLE_DISK_SHORT', { what, path: dir, ...facts })
}
