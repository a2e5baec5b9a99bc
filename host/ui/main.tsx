import { render } from 'preact'
import { begin } from './store.ts'
import { App } from './views/app.tsx'

const place = document.getElementById('page')
if (place) render(<App />, place)
// An address with a new code in a tab that shows the page already loads nothing.
addEventListener('hashchange', () => void begin())
void begin()
