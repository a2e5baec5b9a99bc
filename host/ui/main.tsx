/** Starts the page. */
import { render } from 'preact'
import { begin, watch } from './store.ts'
import { App } from './views/app.tsx'

const place = document.getElementById('page')
if (place) render(<App />, place)
// A tab that shows the page already does not reload for an address with a new code.
addEventListener('hashchange', () => void begin())
document.addEventListener('visibilitychange', watch)
void begin()
