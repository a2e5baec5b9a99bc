import { statfs } from 'node:fs/promises'
import { RippleError } from '../errors/ripple-error.ts'

/** Rejects with `RIPPLE_DISK_FULL` when a folder's disk has less than so many bytes to give. */
export async function checkSpace(dir: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dir)
  if (bavail * bsize < bytes) throw new RippleError('RIPPLE_DISK_FULL', { path: dir })
}
