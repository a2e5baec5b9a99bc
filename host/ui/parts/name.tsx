/** Shows the name of a model or machine, which anybody may have chosen. */

/** Most characters that are shown; the rest is on hover. */
const SHOWN_MAX = 80

/** Returns the beginning of a name. */
export function cut(name: string): string {
  const shown = [...name.slice(0, 2 * SHOWN_MAX)].slice(0, SHOWN_MAX).join('')
  return shown.length < name.length ? `${shown}…` : name
}

/** Shows the beginning of a name, apart from the direction of the text around it. */
export function Name({ name }: { name: string }) {
  return <bdi title={name}>{cut(name)}</bdi>
}
