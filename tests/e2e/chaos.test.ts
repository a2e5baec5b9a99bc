import { expect, test } from 'vitest'
import { chaos } from '../chaos/chaos.ts'
import { brokenBy, summary } from '../chaos/summary.ts'
import { WARM_MS } from '../harness/warm-data.ts'

/**
 * The run of the suite: short, and always the same faults, so that a suite that fails has a change to blame. Others are
 * drawn, and thousands of tasks run, by `npm run chaos`.
 */
const run = {
  tasks: 10,
  kills: 5,
  seed: 20_778,
  peers: 3,
  open: 2,
  lease_ms: 4_000,
  epoch_ms: 600_000,
  quiet_ms: 240_000,
  most_ms: 600_000,
  logs: null,
  without: new Set<string>(),
  sure: new Set<string>(),
  lengths: {
    frozen: [5_000, 8_000],
    partition: [5_000, 8_000],
    diskFull: [2_000, 4_000],
    drained: [3_000, 6_000],
    pause: [300, 1_500],
  },
} as const

test(
  'nothing is lost and nothing accepted twice while peers are killed, frozen and cut off',
  async () => {
    const told: string[] = []
    const outcome = await chaos({
      ...run,
      say: (line) => told.push(line),
      signal: AbortSignal.timeout(WARM_MS),
    })
    const again = `again with: npm run chaos -- --tasks ${run.tasks} --kills ${run.kills} --seed ${run.seed}`
    expect(brokenBy(outcome), [again, ...told, summary(outcome)].join('\n')).toEqual([])
  },
  WARM_MS,
)
