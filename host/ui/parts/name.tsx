/** Shows the name of a model, a machine or a file, which anybody may have chosen. */

/** Most characters that are shown; the rest is on hover. */
const SHOWN_MAX = 80

/** The characters that change the direction of the text around them. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Shows the beginning of a name, apart from the direction of the text around it. */
export function Name({ name }: { name: string }) {
  return <bdi title={name}>{cut(name)}</bdi>
}

/** Returns the beginning of a name for a sentence, whose direction it does not change. */
export function inSentence(name: string): string {
  const plain = cut(name.replaceAll(DIRECTIONS, ''))
  // A name of plain ASCII cannot, and can then be searched for as it is.
  return /^[ -~]*$/.test(plain) ? plain : `\u2068${plain}\u2069`
}

function cut(name: string): string {
  const shown = [...name.slice(0, 2 * SHOWN_MAX)].slice(0, SHOWN_MAX).join('')
  return shown.length < name.length ? `${shown}…` : name
}
