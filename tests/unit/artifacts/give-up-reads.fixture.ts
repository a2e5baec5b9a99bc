import { BlockFiles } from '../../../host/artifacts/block-files.ts'
import { importContent, toBytes } from '../../../host/artifacts/cid.ts'

/** Rounds of reads; each leaves several files open where the store does not close them. */
const ROUNDS = 20
/** Collections, and the milliseconds after each: an open file that is collected ends the process in a turn of its own. */
const COLLECTIONS = 5
const TURN_MS = 20

/** Stores one block in the folder that is named, gives reads of it up in every way, and collects what they left. */
const [folder = ''] = process.argv.slice(2)
const store = new BlockFiles(folder)
await store.open()
const block = await importContent(
  new Uint8Array(300_000),
  async (cid, bytes) => void (await store.put(cid, bytes)),
)
for (let round = 0; round < ROUNDS; round++) {
  for await (const _begun of store.get(block)) break
  const giveUp = new AbortController()
  const reading = toBytes(store.get(block, { signal: giveUp.signal })).catch(() => 'given up')
  giveUp.abort()
  await reading
}
for (let round = 0; round < COLLECTIONS; round++) {
  globalThis.gc?.()
  await new Promise((resolve) => setTimeout(resolve, TURN_MS))
}
