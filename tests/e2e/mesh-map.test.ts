import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserProblem, openChromium } from '../harness/browser.ts'
import { openPage, StandIn } from '../harness/mesh-page.ts'

const problem = browserProblem()
const note = problem ? ` (${problem})` : ''
/** Counts the tasks that are painted on a canvas: no machine is as small. */
const COUNT_PAINTED = `{
  const arc = CanvasRenderingContext2D.prototype.arc
  window.painted = 0
  CanvasRenderingContext2D.prototype.arc = function (x, y, radius, ...rest) {
    if (radius === 4) window.painted += 1
    return arc.call(this, x, y, radius, ...rest)
  }
}`

describe.skipIf(problem !== null)(`the map of a large mesh${note}`, () => {
  let browser: Browser
  let daemon: StandIn
  beforeAll(async () => {
    ;[browser, daemon] = await Promise.all([
      openChromium(),
      new StandIn({ machines: 100, tasks: 100, seed: 1 }).listens(),
    ])
  })
  afterAll(async () => {
    await browser.close()
    await daemon[Symbol.asyncDispose]()
  })

  test('tasks move, and for a person who wants no motion they are listed and nothing moves', async () => {
    const moving = await openPage(browser, daemon, 'mesh')
    const calm = await openPage(browser, daemon, 'mesh', { reducedMotion: 'reduce' })
    for (const page of [moving, calm]) {
      await page.getByRole('img', { name: /^Map of 100 machines/ }).waitFor()
      await page.evaluate(COUNT_PAINTED)
    }
    void daemon.feed()
    for (const page of [calm, moving]) {
      await page.bringToFront()
      await page.getByText('Went to', { exact: false }).first().waitFor()
      await expect
        .poll(() => page.getByText('Came back from').count(), { timeout: 20_000 })
        .toBeGreaterThan(0)
    }
    expect(await calm.evaluate('window.painted')).toBe(0)
    expect(await moving.evaluate('window.painted')).toBeGreaterThan(0)
  }, 60_000)
})
