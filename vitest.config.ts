import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Time that one test with real conductors may take, in milliseconds. */
const REAL_MS = 180_000

/**
 * The layers of tests, quickest first. Those with real parts mostly wait for each other: two files at a time, which is
 * what two cores hold.
 */
export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/tidy.test.ts', 'tests/unit/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      { test: { name: 'sim', include: ['tests/sim/**/*.test.ts'], testTimeout: 120_000 } },
      real('conformance'),
      real('tryorama'),
      real('e2e'),
    ],
  },
})

function real(name: string) {
  return {
    test: {
      name,
      include: [`tests/${name}/**/*.test.ts`],
      // What the daemons of tests remember is nobody's.
      env: { XDG_STATE_HOME: join(tmpdir(), 'ripple-test-state') },
      testTimeout: REAL_MS,
      hookTimeout: REAL_MS,
      maxWorkers: 2,
      pool: 'forks' as const,
    },
  }
}
