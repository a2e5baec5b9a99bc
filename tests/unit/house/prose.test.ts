import { describe, expect, test } from 'vitest'
import { commentParagraphs, markdownParagraphs, proseFigures, sentences } from '../../house/prose.ts'

describe('paragraphs of a page', () => {
  test('code, tables and headings are left out, list items stand alone', () => {
    const page = [
      '# Heading',
      '',
      'One *line*',
      'and another with `a piece of code`.',
      '',
      '```sh',
      'npm start',
      '```',
      '- first [item](https://example.org)',
      '- second',
      '',
      '| a | table |',
      '',
      '1. **third**',
    ].join('\n')
    expect(markdownParagraphs(page)).toEqual([
      'One *line* and another with Code.',
      'first item',
      'second',
      'third',
    ])
  })
})

describe('paragraphs of comments', () => {
  test('doc comments and whole-line comments are read, without tags and stars', () => {
    const source = [
      '/** Returns the sum. */',
      'function sum() {',
      '  // Both lines',
      '  // are one comment.',
      "  return '/** no comment */' // not this",
      '}',
      '/**',
      ' * First part.',
      ' *',
      ' * @returns {@link Sum} of both.',
      ' */',
    ].join('\n')
    expect(commentParagraphs(source)).toEqual([
      'Returns the sum.',
      'Both lines are one comment.',
      'First part.',
      'Sum of both.',
    ])
  })
})

describe('sentences', () => {
  test('versions, abbreviations and lower case do not end a sentence', () => {
    expect(sentences('Version 0.7.1 has it, e.g. Here. (So it is.) Done! and more')).toEqual([
      'Version 0.7.1 has it, e.g. Here.',
      '(So it is.)',
      'Done! and more',
    ])
  })
})

describe('figures of prose', () => {
  const long = (words: number) => `${Array.from({ length: words }, () => 'Word').join(' ')}.`

  test('lengths count words', () => {
    expect(proseFigures([`${long(2)} ${long(4)} ${long(31)} ${long(36)}`, long(91)])).toMatchObject({
      words: 164,
      median: 31,
      p90: 91,
      '% over 30': 60,
      '% over 35': 40,
      'over 35': 2,
      'long paragraphs': 1,
    })
  })

  test('a sentence that begins with a clause counts, a question and another word do not', () => {
    const text = 'What is held stays. Where is it? One that waits goes. One peer goes. Whole words count.'
    expect(proseFigures([text])).toMatchObject({ '% clause first': 40 })
  })

  test('a text without sentences has figures of 0', () => {
    expect(proseFigures([])).toMatchObject({ words: 0, median: 0, '% over 30': 0 })
  })
})
