/** Opens two real daemons and a browser that is signed in to one of them, for walks through the page. */
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Ready } from '../../host/operations/local.ts'
import { openChromium } from '../harness/browser.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import type { Running } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { watchPage } from '../harness/watch-page.ts'

/** Two machines of one mesh: `anna`, whose page is opened, and `bert`. */
export interface World {
  readonly mesh: Mesh
  anna: Running<Ready>
  readonly bert: Running<Ready>
  /** Opens a new tab at a view of anna's page, such as `tasks`, signed in. */
  open(view: string, options?: BrowserContextOptions): Promise<Page>
  /** Opens a new tab at a view of another machine's page. */
  openOf(machine: Running<Ready>, name: string, view: string, options?: BrowserContextOptions): Promise<Page>
  /** The faults of all tabs: errors, broken policies, requests to others than the page's own daemon. */
  readonly wrong: string[]
  /** Ends all, and returns the processes that stayed. */
  end(): Promise<string[]>
}

/** A walk through one view: the steps of a person there, and the things that must then be seen. */
export interface Walk {
  readonly title: string
  walk(world: World): Promise<void>
}

/** Opens the world. It takes half a minute. */
export async function openWorld(): Promise<World> {
  const [mesh, browser] = await Promise.all([openMesh('console'), openChromium()])
  const [anna, bert] = await Promise.all([mesh.up('anna'), mesh.up('bert')])
  await until('anna sees bert', () => mesh.sees('anna', bert.ready.agent))
  const wrong: string[] = []
  const world: World = {
    mesh,
    anna,
    bert,
    wrong,
    open: (view, options) => world.openOf(world.anna, 'anna', view, options),
    async openOf(machine, name, view, options = {}) {
      const { url } = machine.ready.api
      const profile = await browser.newContext({ viewport: { width: 1_280, height: 900 }, ...options })
      const page = await profile.newPage()
      watchPage(page, wrong, (to) => to.startsWith(`${url}/`) || /^(data|blob):/.test(to))
      const { code } = await mesh.call<{ code: string }>(name, 'open')
      await page.goto(`${url}/#code=${code}`)
      await page.getByText(`${name} on the network local`).waitFor()
      await page.goto(`${url}/#/${view}`)
      return page
    },
    async end() {
      await browser.close()
      return mesh.end()
    },
  }
  return world
}
