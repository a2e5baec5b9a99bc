import { call } from './call.ts'
import { pageCode, pageKey } from './wire.ts'

/** Where the key is kept: for this tab only, and as long as it is open. */
const KEPT = 'ripple.key'

/** The key that this tab has; null where it has none. */
export function keptKey(): string | null {
  return sessionStorage.getItem(KEPT)
}

/** Forgets it. */
export function dropKey(): void {
  sessionStorage.removeItem(KEPT)
}

/** Takes the one-time code out of the address, so that neither the bar nor the history shows it; null where there is none. */
export function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('code')
  if (location.hash !== '') history.replaceState(null, '', location.pathname)
  return code
}

/** Gets a key for a one-time code and keeps it. Rejects with a `Refusal`. */
export async function signInByCode(code: string): Promise<string> {
  const { key } = await call(pageKey, { path: '/api/page/key', key: null, body: { code } })
  sessionStorage.setItem(KEPT, key)
  return key
}

/** Gets a key for the API's token, which itself is not kept. Rejects with a `Refusal`. */
export async function signInByToken(token: string): Promise<string> {
  const { code } = await call(pageCode, { path: '/api/open', key: token, body: {} })
  return signInByCode(code)
}
