/** Five hosts that have never met come up one after another, and the last one has a task done. */
import type { Figure } from './figure.ts'
import { bounds, PATIENCE_MS, type Run, type Scenario } from './scenario.ts'
import { Site } from './site.ts'
import { isWhole, views } from './whole.ts'

export const join: Scenario = {
  name: 'join',
  about:
    '`ripple up` on five hosts, one after another: when all see all, and the first task of the last host',
  run: async (run) => {
    await using site = await Site.open({
      ...run,
      engines: ['llama', 'llama', 'llama', 'llama', 'none'],
    })
    await site.install()
    const times: [number | null, number | null][] = []
    for (let turn = 1; turn <= (run.full ? 10 : 1); turn += 1) {
      if (turn > 1) await site.reset()
      times.push(await once(site, run))
      await Promise.all(site.hosts.map((host) => host.down()))
    }
    return figures(times)
  },
}

async function once(site: Site, { say }: Run): Promise<[number | null, number | null]> {
  const last = site.host('e')
  for (const host of site.hosts.slice(0, -1)) await host.up()
  const typed = performance.now()
  await last.up()
  const ready_s = (performance.now() - typed) / 1_000
  const whole_s = await site.until(typed, PATIENCE_MS, () => isWhole(site.hosts))
  say(`the last host is ready after ${ready_s.toFixed(1)} s; all see all after ${whole_s?.toFixed(1)} s`)
  if (whole_s === null) say(await views(site.hosts))
  const asked = performance.now()
  const words = ['--prompt', 'Say yes.', '--max-tokens', '4', '--timeout', '2m']
  const state = (await last.post(...words))?.state
  const accepted_s = (performance.now() - asked) / 1_000
  say(`its first task is ${state} after ${accepted_s.toFixed(1)} s`)
  return [whole_s, state === 'accepted' ? accepted_s : null]
}

function figures(times: readonly [number | null, number | null][]): Figure[] {
  return [
    {
      what: 'all see all after the last `up`',
      unit: 's',
      values: times.map(([whole]) => whole),
      bound: { most: bounds.join_s },
    },
    {
      what: 'first task of the last host accepted',
      unit: 's',
      values: times.map(([, accepted]) => accepted),
      bound: { most: bounds.first_task_s },
    },
  ]
}
