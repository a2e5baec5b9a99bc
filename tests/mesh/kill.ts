/** The host that runs the bootstrap server loses its power, again and again, while tasks are posted. */
import type { Figure } from './figure.ts'
import { Flow } from './flow.ts'
import { bounds, PATIENCE_MS, type Run, type Scenario } from './scenario.ts'
import { Site } from './site.ts'
import { isWhole, serving, views } from './whole.ts'

/** Length of the answers, in tokens: some are under way whenever a host dies. */
const ANSWER = ['--max-tokens', '20', '--timeout', '20m']

export const kill: Scenario = {
  name: 'kill',
  about: 'the elected host is killed and comes back: when the others are whole, when all are, and lost tasks',
  run: async (run) => {
    await using site = await Site.open({ ...run, engines: ['rate', 'rate', 'rate', 'none', 'none'] })
    await site.install()
    await site.up()
    if ((await site.until(performance.now(), PATIENCE_MS, () => isWhole(site.hosts))) === null)
      throw new TypeError(`the mesh did not become whole: ${await views(site.hosts)}`)
    await using flow = new Flow(site, site.hosts, ANSWER)
    const without: (number | null)[] = []
    const again: (number | null)[] = []
    for (let turn = 1; turn <= (run.full ? 10 : 2); turn += 1) {
      const [one, other] = await once(site, run)
      without.push(one)
      again.push(other)
    }
    await flow.stop()
    const lost = await flow.lost(PATIENCE_MS)
    for (const one of lost) run.say(one)
    return figures({ without, again, posted: flow.posted.length, lost: lost.length })
  },
}

/** Kills the host that serves, and starts it again once the others are whole. */
async function once(site: Site, { say }: Run): Promise<[number | null, number | null]> {
  const victim = serving(site.hosts)[0]
  if (!victim) throw new TypeError(`nobody serves: ${await views(site.hosts)}`)
  const others = site.hosts.filter((host) => host !== victim)
  const died = performance.now()
  await victim.kill()
  const isHealed = async () => (await isWhole(others, [victim])) && serving(others).length === 1
  const without = await site.until(died, PATIENCE_MS, isHealed)
  say(`${victim.name} was killed: the others are whole after ${without?.toFixed(1)} s`)
  if (without === null) say(await views(site.hosts))
  const typed = performance.now()
  await victim.up()
  const isBack = async () => (await isWhole(site.hosts)) && serving(site.hosts).length === 1
  const again = await site.until(typed, PATIENCE_MS, isBack)
  say(`it was started again: all are whole after ${again?.toFixed(1)} s`)
  if (again === null) say(await views(site.hosts))
  return [without, again]
}

function figures(found: {
  readonly without: readonly (number | null)[]
  readonly again: readonly (number | null)[]
  readonly posted: number
  readonly lost: number
}): Figure[] {
  return [
    {
      what: 'the others are whole after the kill',
      unit: 's',
      values: found.without,
      bound: { most: bounds.whole_s },
    },
    { what: 'all are whole after its `up`', unit: 's', values: found.again, bound: { most: bounds.whole_s } },
    { what: 'tasks posted', unit: '', values: [found.posted], bound: { least: 1 } },
    { what: 'posted tasks lost', unit: '', values: [found.lost], bound: { most: 0 } },
  ]
}
