/** Cuts texts that peers and models made, which may be of any length. */

/** Returns at most so many characters of a text, with an ellipsis if any are missing. No character is cut in two. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const shown = [...text.slice(0, 2 * most)].slice(0, most).join('')
  return shown === text ? text : `${shown}…`
}
