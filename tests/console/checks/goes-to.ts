/** Goes to views of an open page, and waits until they show what they have. */
import type { Page } from 'playwright-core'

/** Milliseconds without a request, after which a view has what it shows. */
const QUIET_MS = 400
/** The longest wait for that. A view that reads again and again is taken as it is. */
const SETTLED_MS = 4_000

/** Goes to a view, such as `tasks`, and waits for its title and for its readings. */
export async function goTo(page: Page, view: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = `#/${to}`
  }, view)
  await settled(page)
}

/** Waits until the page shows a view with its readings. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor()
  await page
    .waitForFunction(() => !document.querySelector('main .under-way'), null, { timeout: SETTLED_MS })
    .catch(() => {})
  await quiet(page)
}

/** Waits until the page has sent no request for a while. */
async function quiet(page: Page): Promise<void> {
  const end = Date.now() + SETTLED_MS
  let last = Date.now()
  const hear = (): void => {
    last = Date.now()
  }
  page.on('request', hear)
  page.on('requestfinished', hear)
  while (Date.now() - last < QUIET_MS && Date.now() < end) await page.waitForTimeout(QUIET_MS / 4)
  page.off('request', hear)
  page.off('requestfinished', hear)
}
