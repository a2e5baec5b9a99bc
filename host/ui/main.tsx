/** Starts the page. */
import { render } from 'preact'
import { App } from './shell/app.tsx'
import { startLive } from './state/live.ts'
import { startRoute } from './state/route.ts'
import { begin } from './state/session.ts'

const place = document.getElementById('page')
if (place) render(<App />, place)
startRoute()
startLive()
// A tab that shows the page already does not reload for an address with a new code.
addEventListener('hashchange', () => {
  if (location.hash.includes('code=')) void begin()
})
void begin()
