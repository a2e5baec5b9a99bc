// Evaluates policies in a worker thread of the evaluator.
import { workerData } from 'node:worker_threads'
import { loadPolicy } from '@open-policy-agent/opa-wasm'

/**
 * The thread answers each message before the next is sent. It is plain JavaScript,
 * because a thread that strips types first needs 10 MiB more for that.
 */

/** The longest text of a failure that is passed on. */
const DETAIL_CHARS = 200

/** @type {import('./evaluator-messages.ts').ThreadData} */
const { port, pages_max, answer_bytes_max } = workerData
/** The compiled policies, by digest. */
const loaded = new Map()

port.on('message', async (word) => {
  port.postMessage(word.type === 'load' ? await load(word) : ask(word))
})

async function load({ digest, bytes }) {
  try {
    // Without a list of own functions: a policy has only the functions that were compiled into it.
    loaded.set(digest, await loadPolicy(new Uint8Array(bytes), { initial: 5, maximum: pages_max }))
    return { ok: true, value: null }
  } catch (thrown) {
    return { ok: false, code: 'policy_corrupt', detail: textOf(thrown) }
  }
}

function ask({ digest, entry, input }) {
  try {
    const value = loaded.get(digest)?.evaluate(input, entry)?.[0]?.result
    const bytes = JSON.stringify(value)?.length ?? 0
    if (bytes === 0 || bytes > answer_bytes_max)
      return { ok: false, code: 'policy_failed', detail: `an answer of ${bytes} bytes` }
    return { ok: true, value }
  } catch (thrown) {
    return { ok: false, code: 'policy_failed', detail: textOf(thrown) }
  }
}

/** Returns an error as one short line. OPA throws texts and plain objects, and the text may be the policy's own. */
function textOf(thrown) {
  return String(thrown?.message ?? thrown)
    .replace(/\p{C}+/gu, ' ')
    .slice(0, DETAIL_CHARS)
}
