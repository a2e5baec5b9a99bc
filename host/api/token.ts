/** Makes and reads the tokens of the API. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { writeAtomic } from '../files/write-atomic.ts'

/** Returns a token or key from its file. The first start makes it: 256 random bits, readable by the owner only. */
export async function apiToken(file: string): Promise<string> {
  const kept = await storedToken(file)
  if (kept !== null) return kept
  const token = randomBytes(32).toString('base64url')
  await writeAtomic(file, `${token}\n`)
  return token
}

/** Reads a token from its file; null if the file is absent or has none. Rejects if it cannot be read. */
export async function storedToken(file: string): Promise<string | null> {
  try {
    const token = (await readFile(file, 'utf8')).trim()
    return /^[A-Za-z0-9_-]{43}$/.test(token) ? token : null
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw thrown
  }
}
