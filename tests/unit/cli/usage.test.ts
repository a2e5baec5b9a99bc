/** Tests the project's programs, as npm scripts start them, with mistakes on their command lines. */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

/** Longest time to load a program, in milliseconds; a crowded machine is slow. */
const LOAD_MS = 60_000

const project = resolve(import.meta.dirname, '../../..')

test.each([
  ['npm run sim', 'tests/sim/run.ts', ['--wrong']],
  ['npm run sim', 'tests/sim/run.ts', ['--seeds', 'many']],
  ['npm run sim', 'tests/sim/run.ts', ['--bug', 'nothing']],
  ['npm run sim', 'tests/sim/run.ts', ['extra']],
  ['npm run chaos', 'tests/chaos/run.ts', ['--wrong']],
  ['npm run chaos', 'tests/chaos/run.ts', ['--tasks', 'many']],
  ['npm run bench', 'tests/bench/run.ts', ['--wrong']],
  ['npm run bench', 'tests/bench/run.ts', ['core', '--wrong']],
  ['npm start', 'host/start/main.ts', ['--wrong']],
  ['npm test', 'tests/run.ts', ['nothing']],
])(
  '`%s` (%s) answers %j with one line and the usage',
  (_script, file, words) => {
    const program = spawnSync(process.execPath, ['--import', 'tsx', join(project, file), ...words], {
      cwd: project,
      encoding: 'utf8',
      timeout: LOAD_MS,
    })
    const { status, stdout, stderr } = program
    expect([status, stdout]).toEqual([2, ''])
    const [first = '', ...rest] = stderr.split('\n')
    expect(first).not.toBe('')
    expect(rest.join('\n')).toMatch(/npm (run|start|test)|--\w+/)
    // No stack trace.
    expect(stderr).not.toMatch(/^\s+at /m)
  },
  LOAD_MS,
)
