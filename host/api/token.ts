import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { writeAtomic } from '../files/write-atomic.ts'

/** A token or key of the API, as its file has it: made at its first start, 256 random bits, readable by its owner only. */
export async function apiToken(file: string): Promise<string> {
  const kept = await keptToken(file)
  if (kept !== null) return kept
  const token = randomBytes(32).toString('base64url')
  await writeAtomic(file, `${token}\n`)
  return token
}

/** What such a file holds; null where it is not there or holds none. Rejects where it cannot be read. */
export async function keptToken(file: string): Promise<string | null> {
  try {
    const token = (await readFile(file, 'utf8')).trim()
    return /^[A-Za-z0-9_-]{43}$/.test(token) ? token : null
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw thrown
  }
}
