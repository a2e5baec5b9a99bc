/** Holds the place in the page: the view and what it shows, from the address after `#`. */
import { signal } from '@preact/signals'

/** A place: `#/tasks/3f1c9a2e?state=running` has the view `tasks`, the rest `['3f1c9a2e']` and one option. */
export interface Route {
  readonly view: string
  readonly rest: readonly string[]
  readonly options: Readonly<Record<string, string>>
}

export const route = signal<Route>(read(globalThis.location?.hash ?? ''))

/** Follows the address. */
export function startRoute(): void {
  addEventListener('hashchange', () => {
    route.value = read(location.hash)
  })
}

/** Returns the address of a place. Options that are null or empty are left out. */
export function hrefOf(
  view: string,
  rest: readonly string[] = [],
  options: Readonly<Record<string, string | null>> = {},
): string {
  // A name of a peer may have half a character, which no address can hold.
  const path = [view, ...rest].map((word) => encodeURIComponent(word.toWellFormed())).join('/')
  const given = Object.entries(options).filter((one): one is [string, string] => Boolean(one[1]))
  return `#/${path}${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`
}

/** Goes to a place. `replace` leaves no step in the history. */
export function go(href: string, { replace = false } = {}): void {
  if (!replace) location.hash = href
  else {
    history.replaceState(null, '', href)
    route.value = read(href)
  }
}

function read(hash: string): Route {
  // A one-time code is not a place.
  const place = hash.startsWith('#code=') ? '' : hash
  const [path = '', query = ''] = place.replace(/^#\/?/, '').split('?', 2)
  const [view = '', ...rest] = path.split('/').map(decode)
  return { view: view || 'home', rest, options: Object.fromEntries(new URLSearchParams(query)) }
}

function decode(word: string): string {
  try {
    return decodeURIComponent(word)
  } catch {
    return word
  }
}
