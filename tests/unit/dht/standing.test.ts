import { describe, expect, test } from 'vitest'
import { type Evidence, judge } from '../../../host/dht/standing.ts'
import { limits } from '../../../host/limits.ts'

const head = { hash: 'uhCkkHead', at: 1_800_000_000_000 }
const evidence = (changes: Partial<Evidence>): Evidence => ({
  remembered: head,
  holds: true,
  settled: false,
  agreeing: 0,
  claim: null,
  waitUntil: 1_000,
  ...changes,
})
const claim = (held: boolean) => ({ hash: 'uhCkkMore', madeAt: 100, held })
const clear = { type: 'clear' }
const behind = { type: 'behind', missing: head.hash, at: head.at }

describe('a chain before its first write', () => {
  test.each([
    ['waits for a peer', evidence({}), 10, { type: 'checking' }],
    ['is clear once a peer holds no more', evidence({ agreeing: 1 }), 10, clear],
    ['is clear where there is nobody to ask', evidence({ agreeing: null }), 10, clear],
    ['is clear when no peer answered in time', evidence({}), 1_000, clear],
    [
      'waits however long it takes until peers can be asked',
      evidence({ waitUntil: null }),
      1e9,
      { type: 'checking' },
    ],
    ['is clear when it began in this run', evidence({ settled: true, remembered: null }), 10, clear],
    ['is behind without the remembered head', evidence({ holds: false }), 10, behind],
    ['stays behind however long it takes', evidence({ holds: false }), 1e9, behind],
    ['is behind whatever peers say', evidence({ holds: false, agreeing: 3 }), 10, behind],
    ['is behind although it began in this run', evidence({ holds: false, settled: true }), 10, behind],
    ['waits where nothing is remembered', evidence({ remembered: null }), 10, { type: 'checking' }],
    [
      'is behind on the word of one peer',
      evidence({ agreeing: 2, claim: claim(false) }),
      10,
      { type: 'behind', missing: 'uhCkkMore', at: null },
    ],
    ['is clear when that has arrived', evidence({ claim: claim(true) }), 10, clear],
    ['does not take a word for ever', evidence({ claim: claim(false) }), 100 + limits.head_claim_ms, clear],
  ])('%s', (_what, given, now, standing) => {
    expect(judge(given, now)).toEqual(standing)
  })
})
