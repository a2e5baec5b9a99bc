import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Asked, MadeUp, Said } from './mesh-stand-in.ts'

/** The size of the window. */
export const VIEWPORT = { width: 1_280, height: 900 }

/** A process that stands in for a daemon. */
export class StandIn implements AsyncDisposable {
  readonly #child: ChildProcess
  url = ''

  constructor({ machines, tasks, seed }: MadeUp) {
    const program = new URL('./mesh-stand-in.ts', import.meta.url)
    this.#child = fork(program, [machines, tasks, seed].map(String))
  }

  /** Waits until it listens. */
  async listens(): Promise<this> {
    this.url = (await this.#hear('listens')).url
    return this
  }

  async code(): Promise<string> {
    this.#ask('code')
    return (await this.#hear('code')).code
  }

  /** Lets it send the events of all tasks, and waits for the last. */
  async feed(): Promise<Extract<Said, { type: 'fed' }>> {
    this.#ask('feed')
    return this.#hear('fed')
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.kill()
    await ended
  }

  #ask(what: Asked): void {
    this.#child.send(what)
  }

  async #hear<T extends Said['type']>(type: T): Promise<Extract<Said, { type: T }>> {
    for (;;) {
      const [said] = (await once(this.#child, 'message')) as [Said]
      if (said.type === type) return said as Extract<Said, { type: T }>
    }
  }
}

/** Opens a page of its own that is signed in, at a view. */
export async function openPage(
  browser: Browser,
  daemon: StandIn,
  view: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await (await browser.newContext({ viewport: VIEWPORT, ...options })).newPage()
  await page.goto(`${daemon.url}/#code=${await daemon.code()}`)
  await page.getByText('anna on the network').waitFor()
  await page.goto(`${daemon.url}/#/${view}`)
  await page.locator('main h1').waitFor()
  return page
}
