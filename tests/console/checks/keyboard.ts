/** Walks through a view by the Tab key alone. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** The most presses of the Tab key in one view. */
const PRESSES_MAX = 400

interface Tour {
  /** Controls that the Tab key does not reach. */
  readonly missed: string[]
  /** Controls that do not show that they have the focus. */
  readonly unseen: string[]
}

declare global {
  interface Window {
    /** The controls that could take the focus when the walk began; others may be off while a reading runs. */
    there: Set<Element>
    reached: Set<Element>
    unseen: string[]
  }
}

/** Presses Tab from the top of the page until it comes round, and returns what is wrong with its controls. */
export async function tour(page: Page): Promise<Tour> {
  await page.evaluate(begin)
  for (let presses = 0; presses < PRESSES_MAX; presses++) {
    if (await page.evaluate(look)) break
    await page.keyboard.press('Tab')
  }
  return page.evaluate(missing)
}

/** Notes the controls, and goes to the top of the page. Radio buttons and the parts of a moving tab stop do not count. */
function begin(): void {
  const wanted = 'a[href], button, input, select, textarea, summary, [tabindex="0"]'
  const controls = [...document.querySelectorAll<HTMLElement>(wanted)]
  window.there = new Set(
    controls.filter(
      (one) => one.tabIndex >= 0 && !one.matches(':disabled, [type=radio]') && one.checkVisibility(),
    ),
  )
  window.reached = new Set()
  window.unseen = []
  document.querySelector<HTMLElement>('.skip')?.focus()
}

/** Notes the control that has the focus. Returns whether it was there before. */
function look(): boolean {
  const at = document.activeElement
  if (at === null || at === document.body) return window.reached.size > 1
  if (window.reached.has(at)) return true
  window.reached.add(at)
  const style = getComputedStyle(at)
  const isSeen = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0
  if (!isSeen) window.unseen.push(at.outerHTML.slice(0, 200))
  return false
}

/** Returns the controls that were not reached, of those that could still take the focus at the end. */
function missing(): Tour {
  const missed = [...window.there].filter((one) => {
    const isOff = !one.isConnected || one.matches(':disabled') || !one.checkVisibility()
    return !isOff && !window.reached.has(one)
  })
  return { missed: missed.map((one) => one.outerHTML.slice(0, 200)), unseen: window.unseen }
}

/** Opens the first questions of the view by the keyboard, and closes each by Escape. Returns those that went wrong. */
export async function questions(page: Page): Promise<string[]> {
  const wrong: string[] = []
  const buttons = await page.locator('main button.danger:visible:enabled').all()
  for (const button of buttons.slice(0, 8)) {
    const name = (await button.textContent()) ?? ''
    await button.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog').last()
    await dialog.waitFor({ timeout: 2_000 }).catch(() => wrong.push(`${name} asks nothing`))
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached', timeout: 2_000 }).catch(() => wrong.push(`${name} stays`))
    const hasFocus = () => button.evaluate((one) => one === document.activeElement)
    await expect
      .poll(hasFocus, { timeout: 1_000 })
      .toBe(true)
      .catch(() => wrong.push(`${name} lost the focus`))
  }
  return wrong
}
