/** Holds the page's key, and the state of its link with the daemon. */
import { signal } from '@preact/signals'
import { Refusal, type Trouble, troubleOf } from '../daemon/refusal.ts'
import { dropKey, signInByCode, signInByToken, storedKey, takeCode } from '../daemon/session.ts'

/** The page's key; null before the user has signed in. */
export const key = signal<string | null>(null)
/** Whether this tab was signed in before: its views then stay, with all that was typed, behind the form. */
export const wasSignedIn = signal(false)
/** The error of signing in. */
export const signInTrouble = signal<Trouble | null>(null)

/** Begins the page with the code in its address, else with the key of this tab. */
export async function begin(): Promise<void> {
  const code = takeCode()
  if (code !== null) return enter(() => signInByCode(code))
  const kept = storedKey()
  if (kept !== null) await enter(async () => kept)
}

/** Signs in by the API's token. */
export function enterByToken(token: string): Promise<void> {
  return enter(() => signInByToken(token))
}

async function enter(sign: () => Promise<string>): Promise<void> {
  signInTrouble.value = null
  try {
    key.value = await sign()
    wasSignedIn.value = true
  } catch (thrown) {
    signInTrouble.value = troubleOf(thrown)
  }
}

/** Returns the words for an error. If the key is not valid any more, the user has to sign in again. */
export function refused(thrown: unknown): Trouble {
  const trouble = troubleOf(thrown)
  if (thrown instanceof Refusal && thrown.status === 401) {
    dropKey()
    key.value = null
    signInTrouble.value = trouble
  }
  return trouble
}
