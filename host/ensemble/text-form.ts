/** Marks that stand around words and mean nothing to a vote. */
const edge = new Set('.,;:!?…"\'`´‘’“”«»()[]{}<>*_~#|\\/–—-')
/** Those of them that no operator is made of. */
const quoting = new Set('.,;?…"\'`´‘’“”«»()[]{}_')
/** What means something where it stands alone. A dash or a bar may be of the sentence or of a table, and is none. */
const operators = new Set(
  '< > <= >= <=> << >> <> != !== = == === := + - * ** / // \\ % ^ ~ & && || # -> => <- ++ += -= *= /='.split(
    ' ',
  ),
)
/** What a line of a list, or a heading, begins with. */
const bullet = /^(?:[-*+•]|#{1,6})$/

/** Words in one case, compatible signs made one, without the marks around them, one space between. Pure. */
export function textForm(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll('−', '-')
    .toLowerCase()
    .split(/[\n\r\u2028\u2029]/)
    .flatMap((line) => unlisted(line.trim().split(/\s+/u)))
    .map((word) => operatorOf(word) ?? bare(word))
    .filter((word) => word !== '')
    .join(' ')
}

/** The words of a line without the bullets before them; one that nothing follows is itself what the line says. */
function unlisted(words: readonly string[]): readonly string[] {
  const from = words.findIndex((word) => !bullet.test(word))
  return words.slice(from === -1 ? words.length - 1 : from)
}

/** The operator that a word is, within quotes or bold too; null for any other word. */
function operatorOf(word: string): string | null {
  if (operators.has(word)) return word
  const inner = trimmed(word, (text, at) => quoting.has(text.charAt(at)))
  const plain = /^\*\*(.+)\*\*$/.exec(inner)?.[1] ?? inner
  return operators.has(plain) ? plain : null
}

/** A word without the marks around it. The sign of a number is no mark, nor a comparison before it, nor the end of `C#`. */
function bare(word: string): string {
  const inner = trimmed(word, (text, at) => edge.has(text.charAt(at)) && !isSharp(text, at))
  const from = word.indexOf(inner)
  const [, mark = '', minus = ''] = /([<>!]?)(-?)$/.exec(word.slice(0, from)) ?? []
  // What is closed again is a tag and compares nothing.
  const compared = word.slice(from + inner.length).includes('>') ? '' : mark
  if (/^\d/.test(inner)) return (compared === '!' ? '' : compared) + minus + inner
  return /^=-?\d/.test(inner) && minus === '' ? compared + inner : inner
}

/** Whether that sign belongs to the name before it. */
function isSharp(text: string, at: number): boolean {
  return text.charAt(at) === '#' && /\p{L}/u.test(text.charAt(at - 1))
}

/** A text without the marks at its ends. */
function trimmed(text: string, isMark: (text: string, at: number) => boolean): string {
  let from = 0
  let to = text.length
  while (from < to && isMark(text, from)) from += 1
  while (to > from && isMark(text, to - 1)) to -= 1
  return text.slice(from, to)
}
