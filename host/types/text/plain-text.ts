/** Makes text safe to show: free text of peers, models and files may contain sequences that drive a terminal. */

/**
 * Characters that drive a terminal, change the reading direction, break the line or hide text. They are C0 and C1 controls
 * except tab and line feed, bidirectional marks, line separators and tag characters. The network's rules refuse the same ones.
 */
const DISTURBING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu

/** Line breaks and tabs, which are harmless in a text but forge a row where one line is expected. */
const BREAKS = /[\n\t]/g

const codePoint = (mark: string): string => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`

/** Shows disturbing characters as their code points, and keeps lines and tabs. */
export function sanitise(text: string): string {
  return text.replace(DISTURBING, codePoint)
}

/** Shows disturbing characters, line breaks and tabs as their code points, so that the text stays one line. */
export function oneLine(text: string): string {
  return sanitise(text).replace(BREAKS, codePoint)
}

/** Whether the network's rules accept it as a text for people. */
export function isPlain(text: string): boolean {
  return oneLine(text) === text
}

/** Returns the text without the characters that the network's rules refuse. */
export function plain(text: string): string {
  return text.replace(DISTURBING, '').replace(BREAKS, ' ').trim()
}

/** Returns one JSON document on one line, with disturbing characters escaped. The value stays the same. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(DISTURBING, (mark) =>
    // Without the u flag's code points: JSON escapes code units.
    mark.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}
