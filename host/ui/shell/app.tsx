/** Puts the page together: head, navigation, the view of the address, and the form to sign in. */
import { Dialog } from '../parts/dialog.tsx'
import { TroubleView } from '../parts/trouble.tsx'
import { link } from '../state/live.ts'
import { machine } from '../state/machines.ts'
import { route } from '../state/route.ts'
import { key, wasSignedIn } from '../state/session.ts'
import { words } from '../words/words.ts'
import { Brand } from './brand.tsx'
import { CommandButton } from './command-button.tsx'
import { Lookout } from './lookout.tsx'
import { Navigation } from './navigation.tsx'
import { OpenView } from './open-view.tsx'
import { SignIn } from './sign-in.tsx'

/** Shows the page. A page that was signed in keeps its view behind the form, with all that was typed. */
export function App() {
  if (!wasSignedIn.value)
    return (
      <div class="alone">
        <Brand />
        <main>
          <div class="card">
            <h1>{words.signIn.title}</h1>
            <SignIn />
          </div>
        </main>
      </div>
    )
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        {words.shell.skip}
      </button>
      <Lookout />
      <div class="frame">
        <header>
          <Brand />
          <Here />
          <CommandButton />
          <Navigation at={route.value.view} />
        </header>
        <main id="view">
          {link.value === 'lost' && <Lost />}
          <OpenView route={route.value} />
        </main>
      </div>
      {key.value === null && (
        <Dialog title={words.signIn.again} onClose={() => {}} stays>
          <p>{words.signIn.ended}</p>
          <SignIn />
        </Dialog>
      )}
    </>
  )
}

/** Moves the focus past the navigation. */
function skip(): void {
  document.querySelector<HTMLElement>('main h1')?.focus()
}

function Here() {
  const here = machine.value
  return here && <p class="here">{words.shell.onNetwork(here.name, here.network.name)}</p>
}

function Lost() {
  const { lost: message, lostHint: hint } = words.shell
  return (
    <div class="lost">
      <TroubleView trouble={{ code: 'RIPPLE_PAGE_UNREACHABLE', message, hint }} />
    </div>
  )
}
