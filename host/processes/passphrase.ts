/** Reads or makes the keystore's passphrase. */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RippleError } from '../errors/ripple-error.ts'

/** Random bytes of a new passphrase. */
const PASSPHRASE_BYTES = 32

/**
 * Reads the keystore's passphrase, or makes one if the keystore does not exist yet (file mode 0600). Rejects with
 * `RIPPLE_PASSPHRASE` when `keystore` exists and `file` does not, because a new passphrase cannot open it.
 */
export async function readPassphrase(file: string, keystore: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => null)
  if (kept !== null && kept.trim() !== '') return kept.trim()
  if (await exists(keystore)) throw new RippleError('RIPPLE_PASSPHRASE', { data: dirname(file) })
  const made = randomBytes(PASSPHRASE_BYTES).toString('base64url')
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(`${made}\n`)
    // If a power cut loses the passphrase, its keystore is lost for good.
    await handle.sync()
  } finally {
    await handle.close()
  }
  return made
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
