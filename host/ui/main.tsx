/** Starts the page. */
import { render } from 'preact'
import { App } from './shell/app.tsx'
import { startLive } from './state/live.ts'
import { startRoute } from './state/route.ts'
import { begin } from './state/session.ts'

const place = document.getElementById('page')
if (place !== null) void ('__HC_LAUNCHER_ENV__' in globalThis ? showLauncher(place) : showDaemon(place))

function showDaemon(page: HTMLElement): void {
  render(<App />, page)
  startRoute()
  startLive()
  // A tab that shows the page already does not reload for an address with a new code.
  addEventListener('hashchange', () => {
    if (location.hash.includes('code=')) void begin()
  })
  void begin()
}

/** Shows what needs no daemon, because a Holochain launcher opened the page. */
async function showLauncher(page: HTMLElement): Promise<void> {
  const { Launcher } = await import('./launcher/launcher.tsx')
  render(<Launcher />, page)
}
