/** A host sleeps: all its processes stand still and its cable is out. Tasks must flow soon after its return. */
import type { Figure } from './figure.ts'
import type { Host } from './host.ts'
import { bounds, PATIENCE_MS, type Scenario } from './scenario.ts'
import { Site } from './site.ts'
import { isWhole, views } from './whole.ts'

/** Lengths of a sleep, in minutes: agent infos expire after 20. */
const SHORT_MIN = 1
const LONG_MIN = 25
const MINUTE_MS = 60_000
/** The tag of the host that alone may run a task. */
const SLEEPER = 'sleeper'
const OTHERS = 'awake'

export const freeze: Scenario = {
  name: 'freeze',
  about:
    'a host stands still, with its cable out, for 1 minute (--full: and for 25): when it works for others again, and they for it',
  run: async ({ full, say, signal }) => {
    const tags = [OTHERS, OTHERS, OTHERS, OTHERS, SLEEPER]
    const engines = tags.map(() => 'rate' as const)
    await using site = await Site.open({
      engines,
      env: (index) => ({ RIPPLE_TAGS: tags[index] ?? '' }),
      say,
      signal,
    })
    await site.install()
    await site.up()
    const figures: Figure[] = []
    for (const minutes of full ? [SHORT_MIN, LONG_MIN] : [SHORT_MIN]) {
      if ((await site.until(performance.now(), PATIENCE_MS, () => isWhole(site.hosts))) === null)
        throw new TypeError(`the mesh did not become whole: ${await views(site.hosts)}`)
      figures.push(...(await sleepFor(site, minutes)))
    }
    return figures
  },
}

async function sleepFor(site: Site, minutes: number): Promise<Figure[]> {
  const sleeper = site.host('e')
  sleeper.freeze()
  site.say(`e sleeps for ${minutes} min`)
  await site.rest(minutes * MINUTE_MS)
  sleeper.thaw()
  const woke = performance.now()
  const flows = [doneFor(site, site.host('a'), SLEEPER, woke), doneFor(site, sleeper, OTHERS, woke)]
  const [byIt = null, forIt = null] = await Promise.all(flows)
  const whole = await site.until(woke, PATIENCE_MS, () => isWhole(site.hosts))
  site.say(`it works for others after ${byIt?.toFixed(1)} s, they for it after ${forIt?.toFixed(1)} s`)
  if (whole === null) site.say(await views(site.hosts))
  const after = `after a sleep of ${minutes} min`
  const bound = { most: bounds.return_s }
  return [
    { what: `a task of another host runs on the sleeper ${after}`, unit: 's', values: [byIt], bound },
    { what: `a task of the sleeper runs on another host ${after}`, unit: 's', values: [forIt], bound },
    { what: `all see all ${after}`, unit: 's', values: [whole], bound },
  ]
}

/** Posts a task that only hosts with a tag may run; the seconds since `since` until it is accepted. */
async function doneFor(site: Site, host: Host, tag: string, since: number): Promise<number | null> {
  const words = ['--prompt', `For ${tag}.`, '--tag', tag, '--max-tokens', '4', '--force', '--timeout', '2m']
  const isDone = async () => (await host.post(...words))?.state === 'accepted'
  return site.until(since, PATIENCE_MS, isDone)
}
