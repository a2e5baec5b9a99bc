import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findings } from '../console/checks/accessible.ts'
import { goTo, settled } from '../console/checks/goes-to.ts'
import { hostileStrings, madeOf, poison } from '../console/checks/hostile.ts'
import { questions, tour } from '../console/checks/keyboard.ts'
import { tooWide } from '../console/checks/width.ts'
import { fill, type Place } from '../console/content.ts'
import { gone } from '../console/walks/gone.ts'
import { openWorld, type World } from '../console/world.ts'
import { browserProblem } from '../harness/browser.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const problem = browserProblem()
const note = problem ? ` (${problem})` : ''

/** Hostile strings in all, and their seed. */
const STRINGS = 2_000
const SEED = 24
/** The most renders of a view for them. */
const RENDERS_MAX = 4

describe.skipIf(problem !== null)(`all views of the page${note}`, () => {
  let world: World
  let places: readonly Place[]
  beforeAll(async () => {
    world = await openWorld()
    places = await fill(world)
  }, WARM_MS)
  afterAll(async () => {
    const stayed = await world.end()
    expect(world.wrong).toEqual([])
    expect(stayed).toEqual([])
  })

  /** Goes through all places in one tab. Returns what is wrong in each; places without a fault are left out. */
  async function throughViews(
    look: (page: Page) => Promise<readonly string[]>,
  ): Promise<Record<string, readonly string[]>> {
    const page = await world.open('home')
    const wrong: Record<string, readonly string[]> = {}
    for (const { name, at } of places) {
      await goTo(page, at)
      const found = await look(page)
      if (found.length > 0) wrong[name] = found
    }
    await page.context().close()
    return wrong
  }

  test(
    'axe-core has no serious finding in any view, light and dark',
    async () => {
      const wrong = await throughViews(async (page) => {
        const found: string[] = []
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          found.push(...(await findings(page)).map((one) => `${colorScheme}: ${one}`))
        }
        return found
      })
      expect(wrong).toEqual({})
    },
    WARM_MS,
  )

  test(
    'the Tab key reaches every control, which shows its focus, and Escape closes every question',
    async () => {
      const wrong = await throughViews(async (page) => {
        const { missed, unseen } = await tour(page)
        return [
          ...missed.map((one) => `missed: ${one}`),
          ...unseen.map((one) => `unseen: ${one}`),
          ...(await questions(page)),
        ]
      })
      expect(wrong).toEqual({})
    },
    WARM_MS,
  )

  test(
    'no view scrolls sideways at 320, 360 and 2,560 pixels',
    async () => {
      const wrong = await throughViews(async (page) => {
        const found: string[] = []
        for (const width of [320, 360, 2_560]) {
          await page.setViewportSize({ width, height: 900 })
          found.push(...(await tooWide(page)))
        }
        return found
      })
      expect(wrong).toEqual({})
    },
    WARM_MS,
  )

  test(
    `${STRINGS} hostile strings in the words of peers, models and people are shown as text alone`,
    async () => {
      const page = await world.open('home')
      const used = await poison(page, hostileStrings(STRINGS, SEED))
      const wrong: Record<string, readonly string[]> = {}
      for (const { name, at } of places) {
        const found: string[] = []
        const end = used() + STRINGS
        for (let renders = 0; renders < RENDERS_MAX && used() < end; renders++) {
          await page.setViewportSize({ width: renders % 2 === 0 ? 1_280 : 360, height: 900 })
          if (renders === 0) await goTo(page, at)
          else await page.reload().then(() => settled(page))
          found.push(...(await madeOf(page)), ...(await tooWide(page)))
        }
        if (found.length > 0) wrong[name] = [...new Set(found)]
      }
      expect(wrong).toEqual({})
      expect(used()).toBeGreaterThanOrEqual(STRINGS)
      await page.context().close()
    },
    WARM_MS,
  )

  test(gone.title, () => gone.walk(world), WARM_MS)
})
