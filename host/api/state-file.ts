/** Writes and reads the file by which clients find the daemon of a data folder. */
import { readFile, rm } from 'node:fs/promises'
import { z } from 'zod'
import { writeAtomic } from '../files/write-atomic.ts'

/** The schema of `api.json`: the address of a data folder's daemon. */
const apiState = z.strictObject({
  url: z.url(),
  token_file: z.string(),
  pid: z.number().int().positive(),
  version: z.string(),
})

/** The content of `api.json`. */
export type ApiState = z.output<typeof apiState>

/** Publishes the daemon's address; disposing withdraws it. */
export async function publishState(file: string, state: ApiState): Promise<AsyncDisposable> {
  await writeAtomic(file, `${JSON.stringify(state)}\n`)
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
}

/** Reads the address of a folder's daemon; null if there is none or it is not valid. */
export async function readState(file: string): Promise<ApiState | null> {
  try {
    return apiState.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}
