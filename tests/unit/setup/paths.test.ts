import { expect, test } from 'vitest'
import { readEnv } from '../../../host/config/env.ts'
import { userPaths } from '../../../host/config/paths.ts'
import { cache } from '../../../host/setup/paths.mjs'

// Set-up runs before there are packages, so it cannot use the daemon's own code.
test('set-up and daemon mean the same cache folder', () => {
  expect(userPaths(readEnv(), process.platform).cache).toBe(cache)
})
