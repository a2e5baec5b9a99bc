import { expect, test } from 'vitest'
import { fallbackRequest } from '../../../host/daemon/readers.ts'
import { FALLBACK_AGENTS_MAX } from '../../../zomes-bindings/generated/limits.ts'
import { peer } from '../mesh/fixtures.ts'

test('of all that are known a task names no more than it may', () => {
  const peers = Array.from({ length: FALLBACK_AGENTS_MAX + 6 }, (_, index) => peer(`peer ${index}`))
  const known = { self: 'peer 0', peers: () => peers, publicKeyOf: () => 'key' }
  const { allow } = fallbackRequest({ after_ms: 1_000, to: [] }, false, known)
  expect(allow).toHaveLength(FALLBACK_AGENTS_MAX)
})
