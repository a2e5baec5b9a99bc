import { workerData } from 'node:worker_threads'
import { type LoadedPolicy, loadPolicy } from '@open-policy-agent/opa-wasm'
import type { Reply, ThreadData, Word } from './words.ts'

/** Where the thread begins in which policies are evaluated. One word at a time: each is answered before the next is sent. */

/** Longest text of a failure that is passed on. */
const DETAIL_CHARS = 200

const { port, pages_max, answer_bytes_max } = workerData as ThreadData
const loaded = new Map<string, LoadedPolicy>()

port.on('message', async (word: Word) => {
  port.postMessage(await answer(word))
})

async function answer(word: Word): Promise<Reply> {
  return word.type === 'load' ? load(word.digest, word.bytes) : ask(word)
}

async function load(digest: string, bytes: Uint8Array): Promise<Reply> {
  try {
    // Without a list of own functions: what a policy is not compiled with it does not have.
    const policy = await loadPolicy(new Uint8Array(bytes), { initial: 5, maximum: pages_max })
    loaded.set(digest, policy)
    return { ok: true, value: null }
  } catch (thrown) {
    return { ok: false, code: 'policy_corrupt', detail: textOf(thrown) }
  }
}

function ask({ digest, entry, input }: Extract<Word, { type: 'ask' }>): Reply {
  try {
    const answers = loaded.get(digest)?.evaluate(input, entry) as [{ result: unknown }?] | undefined
    const value = answers?.[0]?.result
    const bytes = JSON.stringify(value)?.length ?? 0
    if (bytes === 0 || bytes > answer_bytes_max)
      return { ok: false, code: 'policy_failed', detail: `an answer of ${bytes} bytes` }
    return { ok: true, value }
  } catch (thrown) {
    return { ok: false, code: 'policy_failed', detail: textOf(thrown) }
  }
}

/** What was thrown, as one short line: OPA throws texts and plain objects, and the text may be the policy's own. */
function textOf(thrown: unknown): string {
  const message = (thrown as { message?: unknown } | null)?.message ?? thrown
  return String(message)
    .replace(/\p{C}+/gu, ' ')
    .slice(0, DETAIL_CHARS)
}
