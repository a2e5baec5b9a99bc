/** Two hosts that nobody has accepted see each other, and work for each other only after both were accepted. */
import type { TaskView } from '../../host/operations/context.ts'
import type { Host } from './host.ts'
import { bounds, PATIENCE_MS, type Scenario } from './scenario.ts'
import { Site } from './site.ts'

/** How long a task must stay undone before each acceptance, in milliseconds. */
const REFUSED_MS = 15_000

export const strangers: Scenario = {
  name: 'strangers',
  about: 'two hosts without local.open: they wait to be accepted, and work for each other only then',
  run: async ({ say, signal }) => {
    const env = () => ({ RIPPLE_LOCAL_OPEN: 'false' })
    await using site = await Site.open({ engines: ['none', 'rate'], env, say, signal })
    await site.install()
    const typed = await site.up()
    const [poster, worker] = [site.host('a'), site.host('b')]
    const waits = async () => (await isWaiting(poster, worker)) && (await isWaiting(worker, poster))
    const seen = await site.until(typed, PATIENCE_MS, waits)
    say(`both wait to be accepted after ${seen?.toFixed(1)} s`)
    const words = ['--prompt', 'Count.', '--max-tokens', '4', '--timeout', '5m', '--force']
    const { id } = await poster.json<TaskView>('task', 'post', ...words)
    const state = async () => (await poster.call<TaskView>('task.show', { id })).state
    const early: string[] = []
    for (const [host, other] of [
      [poster, worker],
      [worker, poster],
    ] as const) {
      await site.rest(REFUSED_MS)
      early.push(await state())
      await host.json('peer', 'accept', other.name)
    }
    const accepted = performance.now()
    const done = await site.until(accepted, PATIENCE_MS, async () => (await state()) === 'accepted')
    say(
      `the task was ${early.join(' and ')} before, and is accepted ${done?.toFixed(1)} s after the acceptance`,
    )
    const served = early.filter((one) => one !== 'posted' && one !== 'offered').length
    return [
      { what: 'both wait to be accepted', unit: 's', values: [seen], bound: { most: bounds.join_s } },
      { what: 'times a stranger was served', unit: '', values: [served], bound: { most: 0 } },
      {
        what: 'the task of an accepted peer',
        unit: 's',
        values: [done],
        bound: { most: bounds.first_task_s },
      },
    ]
  },
}

/** Whether a host lists another as one that it has yet to accept. */
async function isWaiting(host: Host, other: Host): Promise<boolean> {
  return (await host.peers()).some(({ agent, waiting }) => agent === other.agent && waiting === 'here')
}
