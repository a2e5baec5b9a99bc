import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalise, classHash } from '../../../../host/ensemble/vote/canonical.ts'
import { taskTypes } from '../../../../host/types/task-type.ts'

const same = (type: (typeof taskTypes)[number], ...answers: string[]) => {
  const [first = null, ...rest] = answers.map((answer) => canonicalise(type, answer))
  expect(first).not.toBeNull()
  for (const one of rest) expect(one).toBe(first)
}
const forms = (type: (typeof taskTypes)[number]) => (answer: string) => canonicalise(type, answer)

describe('general answers', () => {
  it.each([
    [['Paris', ' paris. ', '"PARIS"', '**Paris**', 'Ｐａｒｉｓ', '# Paris']],
    [['new  york', 'New York!', 'new\nYork']],
    [['-5', '-5.', '"-5"']],
    [['C#', '**C#**', '"c#".']],
    [['<5', '**<5**', '"<5."']],
  ])('the general answers %j are one class', (answers) => same('general', ...answers))

  it.each([
    [['x < y', 'x > y', 'x <= y', 'x = y', 'x != y', 'x y']],
    [['5 - 3', '5 + 3', '5 * 3', '5 / 3', '5 3']],
    [['C', 'C#', 'C++', '3.5', '35', '-5', '5', '<5', '>5']],
  ])('the general answers %j are a class each', (answers) => {
    const found = answers.map(forms('general'))
    expect(found).not.toContain(null)
    expect(new Set(found).size).toBe(answers.length)
  })

  it('an empty general answer has no form', () => {
    expect(['', '  '].map(forms('general'))).toEqual([null, null])
  })
})

describe('answers of reasoning', () => {
  it.each([
    [
      [
        '3 + 4 = 7',
        'The answer is 7. So there are 7 apples.',
        'so 7.0',
        '07',
        '\\boxed{7}',
        'First 3, then 7',
      ],
    ],
    [['1,234.50', 'It costs $1234.5 in all', 'answer = 1234.500']],
    [['-3', '−3', 'x = -3']],
    [['12345678901234567890123', 'is 12,345,678,901,234,567,890,123']],
    [['1/4', '1 / 4', '**1/4**']],
    [['Blue', 'blue.']],
  ])('the reasoning answers %j are one class', (answers) => same('reasoning', ...answers))

  it.each([
    [['1/4', '3/4', '4', '-1/4']],
    [['2026-11-24', '2026-10-24', '24/11/2026', '24', '2026']],
    [['3:45 pm', '2:45 pm', '3:45 am', '45']],
    [['B2', 'C2', '2', 'blue']],
  ])('the reasoning answers %j are a class each', (answers) => {
    const found = answers.map(forms('reasoning'))
    expect(found).not.toContain(null)
    expect(new Set(found).size).toBe(answers.length)
  })
})

describe('code', () => {
  it.each([
    [['len(xs)', '```python\nlen(xs)\n```', 'Here it is:\n```\nlen(xs)\n```\nThat is all.', '`len(xs)`']],
    [['{"a": 1, "b": [1, 2]}', '```json\n{ "b": [1,2],\n  "a": 1 }\n```', '{"b":[1,2],"a":1.0}']],
    [['if x:\n    y()', 'if x:\n    y()  \n\n', 'if x:\r\n\ty()']],
  ])('the code answers %j are one class', (answers) => same('code_generation', ...answers))

  it.each([[['f("a, b")', 'f("a,b")', 'f("a,  b")']], [['if x:\n    a()\n    b()', 'if x:\n    a()\nb()']]])(
    'the code answers %j are a class each',
    (answers) => {
      expect(new Set(answers.map(forms('code_generation'))).size).toBe(answers.length)
    },
  )

  it('a code answer consists of all its blocks', () => {
    const answer = (code: string) =>
      `Install it:\n\n\`\`\`bash\nnpm i express\n\`\`\`\n\nThen:\n\n\`\`\`js\n${code}\n\`\`\`\n`
    expect(canonicalise('code_generation', answer('run(1)'))).toBe('npm i express\nrun(1)')
  })
})

describe('reviews', () => {
  it.each([
    [['approve', 'Approve.', '{"verdict": "approve", "reason": "not rejected by any test"}']],
    [['reject', '```json\n{\n  "verdict": "reject",\n  "reason": "{ accepts } all"\n}\n```']],
    [['request_changes', 'Request changes', '{"verdict":"request changes","reason":""}']],
  ])('the reviews %j are one class', (answers) => same('review', ...answers))

  it.each([
    'I cannot recommend approval of this change.',
    'LGTM? No.',
    'approve, request_changes or reject',
    '{"verdict":"unsure","reason":"could be accepted {}"}',
    '{"verdict":"reject","reason":"cut of',
    'nice code',
    '',
  ])('the review %s has no form, because it names no verdict', (answer) => {
    expect(canonicalise('review', answer)).toBeNull()
  })
})

describe('all task types', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.json(),
    fc
      .array(
        fc.constantFrom(
          '```',
          '```js\n',
          '\n',
          'answer:',
          ' answer is ',
          '\\boxed{',
          ' (not',
          ')',
          ' 7',
          ', 3:45 pm',
          "'",
          '\\',
          ' and so it goes on and on and on and on',
          '\\frac{',
          '}',
          '-',
          '1,0',
          '.5',
          'İ',
          'ﬁ',
          ' ',
          '`',
          'not',
          '*',
          '#',
          '<',
          '>',
          '=',
          '+',
          '/',
          'C',
          '!',
          '_',
          ' approve',
          '{"verdict":',
          '"',
          '[',
          ';',
          '\t',
          'x',
        ),
        { maxLength: 24 },
      )
      .map((parts) => parts.join('')),
  )

  it.each(taskTypes)('the canonical form of a canonical form is the same: %s', (type) => {
    fc.assert(
      fc.property(texts, (answer) => {
        const form = canonicalise(type, answer)
        if (form !== null) expect(canonicalise(type, form)).toBe(form)
      }),
      { numRuns: 2_000 },
    )
  })

  it('a long answer gets its form in bounded time', () => {
    const long = [
      '(x',
      'x(',
      '{"',
      '1,000',
      ' ;',
      '```\n',
      'not ',
      'answer:',
      '\\boxed{',
      "\\'",
      '.',
      '?',
      '\n',
      '\n ',
      'verdict:',
      'no ',
      'recommend ',
      ' (not 1',
      ' (not)',
      '1 (',
      '= ',
      '- ',
      '<',
      'C#',
      '1/',
      '**',
    ].flatMap((part) => [part.repeat(60_000), `x${part.charAt(0).repeat(60_000)}x`])
    for (const type of taskTypes)
      for (const answer of long) {
        const from = performance.now()
        canonicalise(type, answer)
        expect(performance.now() - from).toBeLessThan(1_000)
      }
  })

  it('equal forms of different task types are different classes', () => {
    expect(new Set(taskTypes.map((type) => classHash(type, '7'))).size).toBe(taskTypes.length)
  })
})
