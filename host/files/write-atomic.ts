/** Writes small files whole or not at all. */
import { open, rename, rm } from 'node:fs/promises'

/** Writes a small file for its owner only, whole or not at all, also across a crash. */
export async function writeAtomic(file: string, content: string | Uint8Array): Promise<void> {
  const draft = `${file}.tmp`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
    await rename(draft, file)
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => {})
    throw thrown
  } finally {
    await handle.close()
  }
}
