/** Shows the sign-in form. */
import { useSignal } from '@preact/signals'
import { enterByToken } from '../store.ts'

/** Explains how to sign in. The field for the token is for users whose browser `ripple open` cannot reach. */
export function SignIn() {
  const token = useSignal('')
  const submit = (event: Event): void => {
    event.preventDefault()
    const given = token.value.trim()
    token.value = ''
    if (given !== '') void enterByToken(given)
  }
  return (
    <form class="card" onSubmit={submit}>
      <h2>Sign in</h2>
      <p>
        This page talks to the daemon of this machine, which lets in only you. In a terminal, run{' '}
        <code>ripple open</code>: it opens the page again, signed in.
      </p>
      <label for="token">Or paste the API's token</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        value={token.value}
        onInput={(event) => {
          token.value = event.currentTarget.value
        }}
        aria-describedby="token-help"
      />
      <p id="token-help" class="hint">
        It is in the file that <code>ripple status</code> names. The page does not keep it: this tab gets a
        key that is good until the daemon stops.
      </p>
      <div class="actions">
        <button type="submit">Sign in</button>
      </div>
    </form>
  )
}
