/** A mesh is cut in two while tasks flow, and healed. */
import type { Figure } from './figure.ts'
import { agree, Flow } from './flow.ts'
import { bounds, PATIENCE_MS, type Scenario } from './scenario.ts'
import { Site } from './site.ts'
import { isWhole, serving, views } from './whole.ts'

/** Length of the cut, and of the flow before it, in milliseconds. */
const CUT_MS = 60_000
const BEFORE_MS = 10_000
/** Length of the answers, in tokens: some are under way at the cut and at its end. */
const ANSWER = ['--max-tokens', '40', '--timeout', '20m']

export const partition: Scenario = {
  name: 'partition',
  about: 'two hosts are cut off from three for a minute while tasks flow: when all agree again, and on what',
  run: async (run) => {
    const { say } = run
    await using site = await Site.open({
      ...run,
      engines: ['none', 'rate', 'rate', 'rate', 'none'],
    })
    await site.install()
    await site.up()
    if ((await site.until(performance.now(), PATIENCE_MS, () => isWhole(site.hosts))) === null)
      throw new TypeError(`the mesh did not become whole: ${await views(site.hosts)}`)
    await using flow = new Flow(site, site.hosts, ANSWER)
    await site.rest(BEFORE_MS)
    site.lan.split([0, 1])
    say('a and b are cut off')
    await site.rest(CUT_MS)
    say(`in the cut: ${await views(site.hosts)}`)
    site.lan.split([])
    const healed = performance.now()
    const stopped = flow.stop()
    const isOne = async () => (await isWhole(site.hosts)) && serving(site.hosts).length === 1
    const whole = await site.until(healed, PATIENCE_MS, isOne)
    say(`the cut has ended: all see all after ${whole?.toFixed(1)} s`)
    if (whole === null) say(await views(site.hosts))
    await stopped
    const lost = await flow.lost(PATIENCE_MS)
    for (const one of lost) say(one)
    const receipts = await flow.receipts()
    const agreed = await site.until(healed, PATIENCE_MS, () => agree(site.hosts, receipts))
    say(`all agree on ${receipts.length} tasks after ${agreed?.toFixed(1)} s`)
    return figures({ whole, agreed, posted: flow.posted.length, lost: lost.length, shown: receipts.length })
  },
}

function figures(found: {
  readonly whole: number | null
  readonly agreed: number | null
  readonly posted: number
  readonly lost: number
  readonly shown: number
}): Figure[] {
  return [
    {
      what: 'all see all, by one server, after the cut',
      unit: 's',
      values: [found.whole],
      bound: { most: bounds.agree_s },
    },
    {
      what: 'all hosts agree on every task after the cut',
      unit: 's',
      values: [found.agreed],
      bound: { most: bounds.agree_s },
    },
    { what: 'tasks posted', unit: '', values: [found.posted], bound: { least: 1 } },
    { what: 'tasks with one outcome', unit: '', values: [found.shown], bound: { least: found.posted } },
    { what: 'posted tasks lost', unit: '', values: [found.lost], bound: { most: 0 } },
  ]
}
