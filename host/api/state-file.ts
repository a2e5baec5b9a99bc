import { open, readFile, rename, rm } from 'node:fs/promises'
import { z } from 'zod'

/** How a client finds the daemon of a data folder. */
export const apiState = z.strictObject({
  url: z.url(),
  token_file: z.string(),
  pid: z.number().int().positive(),
  version: z.string(),
})

/** What `api.json` holds. */
export type ApiState = z.output<typeof apiState>

/** Writes a small file for its owner only, whole or not at all, also across a crash. */
export async function writeAtomic(file: string, content: string | Uint8Array): Promise<void> {
  const draft = `${file}.tmp`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => {})
    throw thrown
  } finally {
    await handle.close()
  }
  await rename(draft, file)
}

/** Publishes the daemon's address; disposing withdraws it. */
export async function publishState(file: string, state: ApiState): Promise<AsyncDisposable> {
  await writeAtomic(file, `${JSON.stringify(state)}\n`)
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
}

/** Reads the address of a folder's daemon; null where there is none or it makes no sense. */
export async function readState(file: string): Promise<ApiState | null> {
  try {
    return apiState.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}
