/** Watches a page in a browser for faults. */
import type { Page } from 'playwright-core'

/** Adds to `wrong` what a page does that it may not: errors, broken policies, requests to others than `isOwn` allows. */
export function watchPage(page: Page, wrong: string[], isOwn: (url: string) => boolean): void {
  page.on('pageerror', ({ message }) => wrong.push(message))
  page.on('console', (said) => {
    if (/Content Security Policy|TrustedHTML/.test(said.text())) wrong.push(said.text())
  })
  page.on('request', (request) => {
    if (!isOwn(request.url())) wrong.push(request.url())
  })
}
