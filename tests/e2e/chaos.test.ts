import { expect, test } from 'vitest'
import { chaos } from '../chaos/chaos.ts'
import { brokenBy, summary } from '../chaos/summary.ts'
import { namespaceProblem } from '../harness/namespaces.ts'
import { slow } from '../harness/slow.ts'
import { diskProblem } from '../harness/small-disk.ts'
import { WARM_MS } from '../harness/warm-data.ts'

/**
 * The run of the suite: short, and with each of these faults at least once. Others are drawn, and thousands of tasks run, by
 * `npm run chaos`.
 */
const run = {
  tasks: 7,
  kills: 3,
  seed: 20_778,
  peers: 3,
  open: 2,
  lease_ms: 4_000,
  epoch_ms: 600_000,
  quiet_ms: 240_000,
  // With what may come after it, this ends before the test does: otherwise nobody would be told what was open.
  most_ms: 240_000,
  logs: null,
  without: new Set<string>(),
  sure: new Set(['daemon', 'conductor', 'engine', 'frozen', 'partition', 'disk full', 'drain']),
  lengths: {
    frozen: [5_000, 8_000],
    partition: [5_000, 8_000],
    diskFull: [2_000, 4_000],
    drained: [3_000, 6_000],
    pause: [300, 1_500],
  },
} as const

/** The faults that this machine can make, as the outcome names them. */
const kinds = [
  ...['kill', 'conductor', 'frozen', 'drain'],
  ...(namespaceProblem() ? [] : ['partition']),
  ...(diskProblem() ? [] : ['disk_full']),
]

test.runIf(slow)(
  'no task is lost or accepted twice under kills, freezes, drains, cut links and full disks',
  async () => {
    const told: string[] = []
    const outcome = await chaos({
      ...run,
      say: (line) => told.push(line),
      enough: new AbortController().signal,
      signal: AbortSignal.timeout(WARM_MS),
    })
    const asked = `--tasks ${run.tasks} --kills ${run.kills} --seed ${run.seed}`
    const again = `again with: npm run chaos -- ${asked} --sure '${[...run.sure].join(',')}'`
    const all = [again, ...told, summary(outcome)].join('\n')
    expect(brokenBy(outcome), all).toEqual([])
    expect(Object.keys(outcome.faults), all).toEqual(expect.arrayContaining(kinds))
    expect(Object.keys(outcome.kills), all).toEqual(expect.arrayContaining(['daemon', 'conductor', 'engine']))
  },
  WARM_MS,
)
