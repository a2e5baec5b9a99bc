// Tests of the judgement on one chain.
import { describe, expect, test } from 'vitest'
import { type ChainEvidence, judgeChain } from '../../../../host/dht/fork-guard/chain-verdict.ts'
import { limits } from '../../../../host/limits.ts'

const evidence = (changes: Partial<ChainEvidence>): ChainEvidence => ({
  remembered: 'uhCkkHead',
  holds: true,
  settled: false,
  claimed: null,
  decideAt: 1_000,
  ...changes,
})
const clear = { type: 'clear' }
const behind = { type: 'behind', missing: 'uhCkkHead' }

describe('a chain before its first write', () => {
  test.each([
    ['waits for a peer', evidence({}), 10, { type: 'checking' }],
    ['is clear when no peer that was waited for holds more', evidence({}), 1_000, clear],
    [
      'waits however long it takes until peers can be asked',
      evidence({ decideAt: null }),
      1e9,
      { type: 'checking' },
    ],
    ['is clear when it began in this run', evidence({ settled: true, remembered: null }), 10, clear],
    ['is behind without the remembered head', evidence({ holds: false }), 10, behind],
    ['stays behind however long it takes', evidence({ holds: false }), 1e9, behind],
    ['is behind although it began in this run', evidence({ holds: false, settled: true }), 10, behind],
    ['waits where nothing is remembered', evidence({ remembered: null }), 10, { type: 'checking' }],
    [
      'is behind on the word of one peer',
      evidence({ claimed: 7 }),
      10,
      { type: 'behind', missing: 'action 7' },
    ],
    [
      'stays so when the wait is over',
      evidence({ claimed: 7 }),
      1_000,
      { type: 'behind', missing: 'action 7' },
    ],
    ['does not take a word for ever', evidence({ claimed: 7 }), 1_000 + limits.head_claim_ms, clear],
  ])('a chain before its first write %s', (_what, given, now, standing) => {
    expect(judgeChain(given, now)).toEqual(standing)
  })
})
