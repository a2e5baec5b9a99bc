/** Shows the way to all views. */
import { hrefOf } from '../state/route.ts'
import { useSwitch } from '../state/switch.ts'
import { views } from '../views/views.ts'
import { words } from '../words/words.ts'

/** Shows a link to each view; on a narrow screen a button opens the list. */
export function Navigation({ at }: { at: string }) {
  const menu = useSwitch()
  return (
    <nav aria-label={words.shell.navigation} class={menu.on ? 'open' : undefined}>
      <button type="button" class="quiet menu" aria-expanded={menu.on} onClick={menu.toggle}>
        {words.shell.menu}
      </button>
      <ul>
        {views.map(({ name }) => (
          <li key={name}>
            <a href={hrefOf(name)} aria-current={name === at ? 'page' : undefined} onClick={menu.close}>
              {words.views[name]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
