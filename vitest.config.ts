import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Time that one test with real conductors may take, in milliseconds. */
const REAL_MS = 180_000

/**
 * The layers of tests, quickest first. Those with real parts run one file at a time: two cores hold no more. Those that
 * mostly wait run two files at a time.
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
      real('conformance', 2),
      real('tryorama'),
      real('e2e', 2),
    ],
  },
})

function real(name: string, maxWorkers = 1) {
  return {
    test: {
      name,
      include: [`tests/${name}/**/*.test.ts`],
      // What the daemons of tests remember is nobody's.
      env: { XDG_STATE_HOME: join(tmpdir(), 'ripple-test-state') },
      testTimeout: REAL_MS,
      hookTimeout: REAL_MS,
      maxWorkers,
      pool: 'forks' as const,
    },
  }
}
