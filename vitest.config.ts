import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'

/** Time that one test with real conductors may take, in milliseconds. */
const REAL_MS = 300_000
/** Longest wait of one `expect.poll` there: a busy machine keeps processes waiting for seconds. */
const REAL_POLL_MS = 10_000

/**
 * Files at a time, in every project: two cores hold two of those with real parts, which wait for each other in between.
 * Vitest's own number would be one on such a machine, and none that is like that of the other projects on a larger one,
 * which it refuses to run.
 */
const FILES_AT_ONCE = 2

/** Unit tests that replace whole modules: each needs a process that has loaded none of them before. */
const mocked = 'tests/unit/**/*.mocked.test.ts'

/** The layers of tests, quickest first. */
export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/tidy.test.ts', 'tests/unit/**/*.test.ts'],
          exclude: [...configDefaults.exclude, mocked],
          testTimeout: 20_000,
          maxWorkers: FILES_AT_ONCE,
          // One process runs many files, because to load the host anew for each takes longer than their tests.
          isolate: false,
          restoreMocks: true,
          unstubEnvs: true,
          unstubGlobals: true,
        },
      },
      { test: { name: 'unit-mocked', include: [mocked], testTimeout: 20_000, maxWorkers: FILES_AT_ONCE } },
      {
        test: {
          name: 'sim',
          include: ['tests/sim/**/*.test.ts'],
          testTimeout: 120_000,
          maxWorkers: FILES_AT_ONCE,
        },
      },
      real('conformance'),
      real('tryorama'),
      real('e2e'),
      real('clients'),
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
      expect: { poll: { timeout: REAL_POLL_MS } },
      maxWorkers: FILES_AT_ONCE,
      pool: 'forks' as const,
    },
  }
}
