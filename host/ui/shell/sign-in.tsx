/** Shows the sign-in form. */
import { useSignal } from '@preact/signals'
import { TroubleView } from '../parts/trouble.tsx'
import { enterByToken, signInTrouble } from '../state/session.ts'
import { words } from '../words/words.ts'

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
    <form onSubmit={submit}>
      {signInTrouble.value && <TroubleView trouble={signInTrouble.value} />}
      <p>{words.signIn.about}</p>
      <pre>
        <code>{words.signIn.command}</code>
      </pre>
      <label for="token">{words.signIn.token}</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        value={token.value}
        onInput={(event) => {
          token.value = event.currentTarget.value
        }}
        aria-describedby="token-hint"
      />
      <p id="token-hint" class="hint">
        {words.signIn.tokenHint}
      </p>
      <div class="actions">
        <button type="submit">{words.signIn.submit}</button>
      </div>
    </form>
  )
}
