/** Two hosts behind NATs, with a relay between them: a long output must reach its poster. */
import { BULK_BYTES } from '../harness/bulk-engine.ts'
import { PATIENCE_MS, type Scenario } from './scenario.ts'
import { Site } from './site.ts'
import { isWhole, views } from './whole.ts'

export const nat: Scenario = {
  name: 'nat',
  about: 'two hosts behind NATs that let no TCP in, and a third in the open: a task whose output has 5 MiB',
  run: async (run) => {
    const { say } = run
    const engines = ['none', 'bulk', 'none'] as const
    await using site = await Site.open({ ...run, engines, behindNat: [0, 1], server: true })
    await site.install()
    await site.up()
    const met = await site.until(performance.now(), PATIENCE_MS, () => isWhole(site.hosts))
    if (met === null) throw new TypeError(`they did not meet: ${await views(site.hosts)}`)
    const asked = performance.now()
    const words = ['--prompt', 'Write much.', '--max-tokens', '16384', '--timeout', '3m']
    const task = await site.host('a').post(...words)
    const took = (performance.now() - asked) / 1_000
    const bytes = task?.state === 'accepted' ? (task.output?.bytes ?? 0) : 0
    say(`the task is ${task?.state} after ${took.toFixed(1)} s, its output has ${bytes} bytes`)
    for (const { verdict } of task?.attempts ?? []) if (verdict !== null) say(`an attempt: ${verdict}`)
    return [
      {
        what: 'output accepted',
        unit: 'MiB',
        values: [bytes / 2 ** 20],
        bound: { least: BULK_BYTES / 2 ** 20 },
      },
      { what: 'from the post to the acceptance', unit: 's', values: [took], bound: null },
    ]
  },
}
