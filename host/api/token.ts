import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { writeAtomic } from './state-file.ts'

/** A token or key of the API, as its file has it: made at its first start, 256 random bits, readable by its owner only. */
export async function apiToken(file: string): Promise<string> {
  try {
    const token = (await readFile(file, 'utf8')).trim()
    if (/^[A-Za-z0-9_-]{43}$/.test(token)) return token
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
  }
  const token = randomBytes(32).toString('base64url')
  await writeAtomic(file, `${token}\n`)
  return token
}
