/** Paragraphs and sentences of Markdown and of comments, and their lengths. */
import { type Numbers, percentile, share } from './numbers.ts'

/** A sentence that begins with a clause hides its subject. */
const CLAUSE_FIRST = /^["'(]*(What|Who|Whoever|Where|One that|Those that)\b/
const SENTENCE_END = /(?<=[.!?]["')\]]*)(?<!\b(?:e\.g|i\.e|vs|cf)\.)\s+(?=["'([]*[A-Z0-9])/
/** Words of a paragraph beyond which it is long. */
const LONG_PARAGRAPH = 90

/** Paragraphs and list items of a page, without code, tables and headings. */
export function markdownParagraphs(page: string): string[] {
  return paragraphs(page.replace(/^ *```[\s\S]*?^ *```/gm, '').replace(/^ *(\||#|<|!\[).*$/gm, ''))
}

/** Paragraphs of the comments of a source: doc comments, and line comments that stand on lines of their own. */
export function commentParagraphs(source: string): string[] {
  const comments = source.match(/^[ \t]*\/\*\*[\s\S]*?\*\/|(?:^[ \t]*\/\/ .*\n?)+/gm) ?? []
  return comments.flatMap((comment) =>
    paragraphs(comment.replace(/[ \t]*\*\/$|^[ \t]*(\/\*\*|\*|\/\/) ?/gm, '').replace(/(?<!\{)@\w+/g, '')),
  )
}

export function sentences(paragraph: string): string[] {
  return paragraph.split(SENTENCE_END).filter((sentence) => words(sentence) > 0)
}

export function proseFigures(text: readonly string[]): Numbers {
  const all = text.flatMap(sentences)
  const lengths = all.map(words)
  const longer = (most: number) => share(lengths, (length) => length > most)
  return {
    words: lengths.reduce((sum, one) => sum + one, 0),
    median: percentile(lengths, 50),
    p90: percentile(lengths, 90),
    '% over 30': longer(30),
    '% over 35': longer(35),
    'over 35': lengths.filter((length) => length > 35).length,
    'long paragraphs': text.filter((paragraph) => words(paragraph) > LONG_PARAGRAPH).length,
    // A question may begin so.
    '% clause first': share(all, (one) => CLAUSE_FIRST.test(one) && !/\?["')]*$/.test(one)),
  }
}

function words(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length
}

/** Plain text of each paragraph and list item; a piece of code is one word. */
function paragraphs(text: string): string[] {
  const blocks = text.split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )/).map((block) =>
    block
      .replace(/`[^`]*`/g, 'Code')
      .replace(/\[([^\]]*)\]\([^)]*\)|\{@link ([^}]*)\}/g, '$1$2')
      .replace(/^\s*(?:[-*]|\d+\.) |^> ?|\*\*/gm, '')
      .replace(/\s+/g, ' ')
      .trim(),
  )
  return blocks.filter((block) => words(block) > 0)
}
