import { execFileSync } from 'node:child_process'
import { type Browser, chromium } from 'playwright-core'

/** Names under which machines have Chromium, or a browser made of it. */
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

let found: string | null | undefined

/** The Chromium of this machine; null where there is none. It is looked for once: each look starts a browser. */
export function findBrowser(): string | null {
  if (found === undefined) found = lookForBrowser()
  return found
}

function lookForBrowser(): string | null {
  for (const name of [...names, mac])
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' })
      return name.startsWith('/') ? name : execFileSync('which', [name], { encoding: 'utf8' }).trim()
    } catch {
      // Not this one.
    }
  return null
}

/** Why pages cannot be tested here, or null when they can. */
export function browserProblem(): string | null {
  return findBrowser() === null ? 'Chromium is missing: sudo apt-get install -y chromium' : null
}

/** Starts it without a window. */
export async function openChromium(): Promise<Browser> {
  const executablePath = findBrowser() ?? ''
  // Root, as in a container, has no sandbox. Only this project's own page is opened.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args })
}
