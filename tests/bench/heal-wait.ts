import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ready } from '../../host/operations/local.ts'

// Waits until a daemon has every event of a receipt: run inside that daemon's machine, with a `Wait` as its only word.

/** How often the other side is asked, in milliseconds. */
const ASK_MS = 100
/** When a healing that has not come counts as failed, in milliseconds. */
const HEAL_MS = 300_000

/** The arguments of the caller; it runs inside the other machine, because the API is on loopback there. */
export interface Wait {
  readonly api: Ready['api']
  readonly receipt: string
}

async function waitForEvents({ api, receipt }: Wait): Promise<void> {
  const headers = {
    authorization: `Bearer ${(await readFile(api.token_file, 'utf8')).trim()}`,
    'content-type': 'application/json',
  }
  const body = JSON.stringify({ base64: await readFile(receipt, 'base64') })
  const deadline = performance.now() + HEAL_MS
  for (;;) {
    const answer = await fetch(`${api.url}/api/receipt/siblings`, { method: 'POST', headers, body })
    const { findings } = (await answer.json()) as { findings?: string[] }
    if (findings?.length === 0) return
    if (performance.now() > deadline) throw new TypeError(`not healed: ${findings}`)
    await sleep(ASK_MS)
  }
}

await waitForEvents(JSON.parse(process.argv[2] ?? ''))
