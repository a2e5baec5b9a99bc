/** Writes files whole or not at all. */
import { open, rename, rm } from 'node:fs/promises'

/** The options of a write. */
export interface AtomicWrite {
  /** The file that the content is written to first; needed where two processes may write at the same time. */
  readonly draft?: string
  /** The mode of the file, less the process's umask; by default the file is for its owner only. */
  readonly mode?: number
  /** The exact mode, that of the file which is replaced. */
  readonly keptMode?: number | undefined
  readonly signal?: AbortSignal
}

/** Writes a file whole or not at all, also across a crash. */
export async function writeAtomic(
  file: string,
  content: string | Uint8Array,
  { draft = `${file}.tmp`, mode = 0o600, keptMode, signal }: AtomicWrite = {},
): Promise<void> {
  const handle = await open(draft, 'w', mode)
  try {
    if (keptMode !== undefined) await handle.chmod(keptMode & 0o777)
    await handle.writeFile(content, { signal })
    await handle.sync()
    await rename(draft, file)
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => {})
    throw thrown
  } finally {
    await handle.close()
  }
}
