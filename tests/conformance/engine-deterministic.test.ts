import { setTimeout as wait } from 'node:timers/promises'
import { deterministicEngine } from '../harness/doubles/deterministic-engine.ts'
import { engineConformance } from './engine.ts'

const model = { name: 'words', sha256: 'ab'.repeat(32), path: '/nowhere', bytes: 1, context_tokens: 512 }
const clock = {
  now: () => Date.now(),
  sleep: async (ms: number, signal: AbortSignal) => {
    await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
  },
}

engineConformance('deterministic', async () =>
  deterministicEngine({ models: [model], clock, tokenMs: () => 1, tokens_max: 64 }),
)
