/** Signs the page in, and remembers its key for the tab. */
import type { PageKey } from '../../api/page.ts'
import { call, fetchJson, inTime } from './call.ts'

/** The name of the key in the session storage, which lasts for this tab only, and as long as it is open. */
const KEPT = 'ripple.key'

/** Returns the key of this tab; null without one. */
export function storedKey(): string | null {
  return sessionStorage.getItem(KEPT)
}

/** Forgets the key. */
export function dropKey(): void {
  sessionStorage.removeItem(KEPT)
}

/** Removes the one-time code from the address bar and the history, and returns it; null without one. */
export function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('code')
  if (code !== null) history.replaceState(null, '', location.pathname)
  return code
}

/** Gets a key for a one-time code and stores it. Rejects with a `Refusal`. */
export async function signInByCode(code: string): Promise<string> {
  const { key } = await fetchJson<PageKey>({ path: '/api/page/key', key: null, body: { code } })
  sessionStorage.setItem(KEPT, key)
  return key
}

/** Gets a key for the API's token and stores only the key. Rejects with a `Refusal`. */
export async function signInByToken(token: string): Promise<string> {
  const { code } = await inTime((signal) => call('open', {}, token, signal))
  return signInByCode(code)
}
