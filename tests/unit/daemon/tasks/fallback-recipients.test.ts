import { expect, test } from 'vitest'
import { fallbackRequest } from '../../../../host/daemon/tasks/fallback-recipients.ts'
import { FALLBACK_AGENTS_MAX } from '../../../../zomes-bindings/generated/limits.ts'
import { peer } from '../../mesh/fixtures.ts'

/** Makes a machine's knowledge of some others and itself; some cards have not been checked yet. */
function knowing(count: number, unchecked: readonly string[] = []) {
  const peers = ['self', ...Array.from({ length: count }, (_, index) => `peer ${index}`)].map((name) =>
    peer(name),
  )
  return {
    self: 'self',
    peers: () => peers,
    publicKeyOf: (agent: string) => (unchecked.includes(agent) ? null : `key of ${agent}`),
  }
}

function allowed(to: readonly string[], isPublic: boolean, known: ReturnType<typeof knowing>) {
  return fallbackRequest({ after_ms: 1_000, to }, isPublic, known).allow
}

test('a task names a bounded number of known machines as its stand-ins', () => {
  expect(allowed([], false, knowing(FALLBACK_AGENTS_MAX + 6))).toHaveLength(FALLBACK_AGENTS_MAX)
})

test('a task names only known machines that it can be sealed for', () => {
  const sealed = [{ agent: 'peer 1', publicKey: 'key of peer 1' }]
  expect(allowed([], false, knowing(2, ['peer 0']))).toEqual(sealed)
  expect(() => allowed([], false, knowing(1, ['peer 0']))).toThrow('no other machine is known')
})

test('a named stand-in without a proven key is refused, not left out', () => {
  const known = knowing(3, ['peer 1'])
  expect(() => allowed(['peer 0', 'peer 1'], false, known)).toThrow(
    expect.objectContaining({
      code: 'RIPPLE_FALLBACK_INVALID',
      message: expect.stringContaining("'peer 1'"),
    }),
  )
  expect(allowed(['peer 0', 'peer 2', 'peer 0'], false, known)).toHaveLength(2)
})

test("a public task needs no stand-in's key", () => {
  expect(allowed(['peer 1'], true, knowing(3, ['peer 1']))).toEqual([{ agent: 'peer 1', publicKey: null }])
  expect(allowed([], true, knowing(3))).toBe('any')
})

test('a fallback request says whether somebody named its stand-ins', () => {
  const named = (to: readonly string[], isPublic: boolean) =>
    fallbackRequest({ after_ms: 1_000, to }, isPublic, knowing(1)).named
  expect([named(['peer 0'], false), named([], false), named([], true)]).toEqual([true, false, false])
})

test("an unknown stand-in's name is refused", () => {
  for (const name of ['nobody', 'self'])
    expect(() => allowed([name], true, knowing(1))).toThrow(
      expect.objectContaining({ code: 'RIPPLE_PEER_UNKNOWN' }),
    )
})
