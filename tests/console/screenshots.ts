/** Writes a picture of every view, wide, narrow and dark, from real daemons with real content: `npm run screenshots`. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { goTo } from './checks/goes-to.ts'
import { fill } from './content.ts'
import { withPalette } from './palette.ts'
import { openWorld } from './world.ts'

const folder = join(import.meta.dirname, '../../docs/screenshots')

/** The forms of a picture: name, width, height, colours. */
const forms = [
  ['wide', 1_280, 860, 'light'],
  ['narrow', 360, 760, 'light'],
  ['dark', 1_280, 860, 'dark'],
] as const

const state = await mkdtemp(join(tmpdir(), 'ripple-screenshots-'))
// These daemons store the state of their chains in a folder of their own.
process.env.XDG_STATE_HOME = state
const world = await openWorld()
try {
  const places = await fill(world)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const page = await world.open('home')
  for (const { name, at } of places) {
    await goTo(page, at)
    await shoot(page, name)
  }
  await page.keyboard.press('Control+k')
  await page.getByRole('option').first().waitFor()
  await shoot(page, 'commands')
} finally {
  await world.end()
  await rm(state, { recursive: true })
}

async function shoot(page: Page, name: string): Promise<void> {
  for (const [form, width, height, colorScheme] of forms) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    await page.waitForTimeout(150)
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' })
    await writeFile(join(folder, `${name}-${form}.png`), withPalette(picture))
  }
}
