/** Judges a view by the rules of axe-core. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { default as Axe, AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

declare global {
  interface Window {
    axe: typeof Axe
  }
}

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Returns the serious and critical findings in what the page shows now. */
export async function findings(page: Page): Promise<string[]> {
  // The page's own policy allows no script of others, so axe comes by the debugger.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source)
  const { violations }: AxeResults = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ['violations'] }),
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}
