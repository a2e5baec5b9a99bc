import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { browserProblem, openChromium } from '../harness/browser.ts'
import { openPage, StandIn, VIEWPORT } from '../harness/mesh-page.ts'
import type { MadeUp } from '../harness/mesh-stand-in.ts'
import type { Say } from './bench.ts'
import { quantile, round, spread } from './compare.ts'
import { type Frames, framesOf, type TraceEvent, traceKinds } from './frames.ts'

/** Milliseconds in which the map settles before it is measured. */
const SETTLE_MS = 2_000
/** Notes in the page when the first view and the name of the machine are there. */
const NOTE_SHOWN = `(function look() {
  if (document.querySelector('main h1') && document.querySelector('.here'))
    document.documentElement.dataset.shown ??= String(performance.now())
  requestAnimationFrame(look)
})()`
const KEEP_DRAWING = '(function next() { requestAnimationFrame(next) })()'

/**
 * Measures the page in Chromium with a made-up mesh behind the daemon's real API: script until the first view, the time until
 * it is there, the time until the page says that the daemon is gone, and frames of the mesh while tasks move.
 */
export async function measure(options: MadeUp & { readonly n: number }, say: Say): Promise<object> {
  const problem = browserProblem()
  if (problem !== null) throw new Error(problem)
  const browser = await openChromium()
  try {
    const first = await measureFirstView(browser, options, say)
    const gone = await measureGone(browser, options, say)
    const map = await measureFrames(browser, options, 'mesh', say)
    const card = await measureFrames(browser, options, 'mesh/machine-1', say)
    const table = await measureFrames(browser, options, 'mesh?as=table', say)
    return { browser: `Chromium ${browser.version()}`, ...first, daemon_gone_said_ms: gone, map, card, table }
  } finally {
    await browser.close()
  }
}

/** Loads the first view again and again: its scripts, and the time from the daemon's answer until it is there. */
async function measureFirstView(browser: Browser, options: MadeUp & { readonly n: number }, say: Say) {
  await using daemon = await new StandIn(options).listens()
  const times: number[] = []
  const sizes = new Map<string, number>()
  for (let round = 0; round < options.n; round += 1) {
    const page = await (await browser.newContext({ viewport: VIEWPORT })).newPage()
    const scripts: Promise<void>[] = []
    page.on('response', (answer) => {
      const name = new URL(answer.url()).pathname
      if (name.endsWith('.js'))
        scripts.push(answer.body().then((bytes) => void sizes.set(name, gzipSync(bytes).length)))
    })
    await page.addInitScript(NOTE_SHOWN)
    await page.goto(`${daemon.url}/#code=${await daemon.code()}`)
    await page.locator('html[data-shown]').waitFor({ state: 'attached' })
    times.push(
      await page.evaluate(() => {
        const [load] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
        return Number(document.documentElement.dataset.shown) - (load?.responseStart ?? 0)
      }),
    )
    await Promise.all(scripts)
    await page.context().close()
  }
  say(`the first view is there after ${Math.round(quantile(times, 0.5))} ms`)
  return {
    first_view_ms: { ...spread(times), max: round(Math.max(...times)) },
    first_script: {
      files: sizes.size,
      gzip_bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    },
  }
}

/** Kills daemons, and takes the time until the page says so. */
async function measureGone(browser: Browser, options: MadeUp & { readonly n: number }, say: Say) {
  const times: number[] = []
  for (let round = 0; round < options.n; round += 1) {
    await using daemon = await new StandIn(options).listens()
    const page = await openPage(browser, daemon, 'home')
    const from = performance.now()
    daemon.kill()
    await page.getByText('This page tries again every second').waitFor()
    times.push(performance.now() - from)
    await page.context().close()
  }
  say(`the page says after ${Math.round(quantile(times, 0.5))} ms that the daemon is gone`)
  return { ...spread(times), max: round(Math.max(...times)) }
}

/** Follows the frames of a view while the events of all tasks arrive. */
async function measureFrames(
  browser: Browser,
  options: MadeUp,
  view: string,
  say: Say,
): Promise<Frames & { readonly events: number; readonly open_most: number }> {
  await using daemon = await new StandIn(options).listens()
  const page = await openPage(browser, daemon, view)
  await page.waitForTimeout(SETTLE_MS)
  // Frames also where nothing moves.
  await page.evaluate(KEEP_DRAWING)
  await browser.startTracing(page, { categories: traceKinds })
  const { events, open_most } = await daemon.feed()
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  await page.context().close()
  const frames = framesOf(trace.traceEvents)
  say(`${view}: ${frames.frames_a_second} frames a second, ${frames.script_and_layout.p95} ms each at p95`)
  return { events, open_most, ...frames }
}
