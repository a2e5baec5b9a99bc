import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalise, classHash } from '../../../host/ensemble/canonical.ts'
import { taskTypes } from '../../../host/types/task-type.ts'

const same = (type: (typeof taskTypes)[number], ...answers: string[]) => {
  const [first = null, ...rest] = answers.map((answer) => canonicalise(type, answer))
  expect(first).not.toBeNull()
  for (const one of rest) expect(one).toBe(first)
}
const forms = (type: (typeof taskTypes)[number]) => (answer: string) => canonicalise(type, answer)

describe('general answers', () => {
  it.each([
    [['Paris', ' paris. ', '"PARIS"', '**Paris**', 'Ｐａｒｉｓ']],
    [['new  york', 'New York!', 'new\nYork']],
    [['-5', '-5.', '"-5"']],
    [["don't", 'Don’t'.replace('’', "'")]],
  ])('%j are one class', (answers) => same('general', ...answers))

  it.each([
    [['- Paris', '* Paris', '+ Paris', '• Paris', '# Paris', '  - **Paris**', '- - Paris', 'paris']],
    [['red\nblue', '- red\n- blue', '* **red**\n* `blue`', 'red blue', 'red — blue']],
    [['x < y', '`x < y`', '**x < y**', 'x "<" y', 'x **<** y', '- x < y.']],
    [['<', '`<`', '"<"', '**<**', '<.']],
    [['5 - 3', '5 − 3', '- 5 - 3']],
    [['C#', '**C#**', '"c#".', '- `C#`', '# C#']],
    [['<5', '**<5**', '"<5."']],
    [['5', '<5>', '(5)', '!5']],
  ])('%j are one class, with what means something kept', (answers) => same('general', ...answers))

  it.each([
    [['x < y', 'x > y', 'x <= y', 'x >= y', 'x = y', 'x == y', 'x != y', 'x y']],
    [['5 - 3', '5 + 3', '5 * 3', '5 / 3', '5 ** 3', '5 // 3', '5 % 3', '5 3']],
    [['C', 'C#', 'C++', 'C+']],
    [['<', '>', '+', '-', '*', '/', '#', '%']],
    [['<5', '>5', '<=5', '>=5', '5', '-5', '<-5']],
  ])('%j are a class each', (answers) => {
    const found = answers.map(forms('general'))
    expect(found).not.toContain(null)
    expect(new Set(found).size).toBe(answers.length)
  })

  it('keeps apart what differs', () => {
    expect(['C', 'C++', '3.5', '35', '-5', '5'].map(forms('general'))).toEqual([
      'c',
      'c++',
      '3.5',
      '35',
      '-5',
      '5',
    ])
  })

  it('has no form for what says nothing', () => {
    expect(['', '  ', '...', '"'].map(forms('general'))).toEqual([null, null, null, null])
  })
})

describe('reasoning', () => {
  it.each([
    [
      [
        '3 + 4 = 7',
        'The answer is 7. So there are 7 apples.',
        'The answer is 7.',
        'Answer: 7 apples',
        '\\boxed{7}',
        'so 7.0',
        '07',
      ],
    ],
    [['1,234.50', 'It costs $1234.5 in all', 'answer = 1234.500']],
    [['-3', 'Answer: −3', 'x = -3']],
    [['\\boxed{12} as 3 * 4 = 13 - 1', '12']],
    [['Answer: 5\nAnswer: 6', '6']],
    [['The final answer is: blue', 'Blue']],
    [['12345678901234567890123', 'is 12,345,678,901,234,567,890,123']],
  ])('%j are one class', (answers) => same('reasoning', ...answers))

  it.each([
    [
      [
        '1/4',
        'Answer: 1/4',
        'The answer is 1 / 4.',
        '\\boxed{\\frac{1}{4}}',
        '**1/4**',
        '$\\dfrac{1}{4}$',
        '¼',
      ],
    ],
    [['-1/2', 'Answer: −1/2', '\\boxed{-\\frac12} as \\boxed{-\\frac{1}{2}}']],
    [['1000/3', 'Answer: 1,000/03.0 in all']],
    [['5', 'Answer: 10/2 = 5', 'see a/5']],
  ])('%j are one class, fractions too', (answers) => same('reasoning', ...answers))

  it.each([
    [['Answer: 1/4', 'Answer: 3/4', 'Answer: 4', 'Answer: 1/3']],
    [['\\boxed{1/4}', '\\boxed{\\frac{3}{4}}', '\\boxed{4}']],
    [['1/4', '3/4', '4', '-1/4']],
  ])('%j are a class each', (answers) => {
    expect(new Set(answers.map(forms('reasoning'))).size).toBe(answers.length)
  })

  it.each([
    [
      [
        'The answer is 42 (6 times 7).',
        'Answer: 42',
        '\\boxed{42 eggs (not 41)}',
        'Answer: 84/2 = 42 (half of it)',
      ],
    ],
    [['Answer: 5 (not 6).', 'Answer: 10 - 5 = 5', '**Answer:** $5$']],
    [['(3, 4)', 'Answer: (3, 4)', '\\boxed{(3, 4)}', 'Answer: (x, y) = (3, 4)']],
    [['July 4, 1776', 'The answer is July 4, 1776.', '\\boxed{July 4, 1776}']],
    [['3:45 pm', 'Answer: 3:45 pm', '"3:45 PM."']],
    [['Answer: x = 3, y = 4', 'Answer: x = 3, y = 4.']],
  ])('%j are one class, of what is named as the answer', (answers) => same('reasoning', ...answers))

  it.each([
    [['The answer is 42 (6 times 7).', 'The answer is 7.']],
    [['Answer: 5 (not 6).', 'Answer: 6']],
    [['Answer: 8, rounded to 1 decimal', 'Answer: 9, rounded to 1 decimal', 'Answer: 1']],
    [['Answer: (3, 4)', 'Answer: (2,4)', 'Answer: 4', 'Answer: (4, 3)']],
    [['July 4, 1776', 'August 4, 1776', '1776']],
    [['Answer: July 4, 1776', 'Answer: August 4, 1776', 'Answer: 1776']],
    [['3:45 pm', '2:45 pm', '3:45 am', '3:45', '45']],
    [['Answer: 3:45pm', 'Answer: 2:45pm', 'Answer: 3:15pm', 'Answer: 3']],
    [['Answer: option (B)', 'Answer: option (C)', 'Answer: the point (3, 4)', 'Answer: the point (2, 4)']],
    [['Answer: 3 (x + 1)', 'Answer: 3 (x + 2)', 'Answer: 5 (mod 7)', 'Answer: 5 (mod 8)']],
    [['Answer: x = 3, y = 4', 'Answer: x = 2, y = 4', 'Answer: 4']],
    [['Answer: x > 5', 'Answer: x < 5', 'Answer: x >= 5', 'Answer: x = 5']],
    [[`Answer: 3 ${'and more '.repeat(9)} 4`, `Answer: 2 ${'and more '.repeat(9)} 4`, 'Answer: 4']],
  ])('%j are a class each, because which number is meant nobody knows', (answers) => {
    const found = answers.map(forms('reasoning'))
    expect(found).not.toContain(null)
    expect(new Set(found).size).toBe(answers.length)
  })

  it('takes the last number of a chain of thought for its answer', () => {
    same('reasoning', 'First 3 + 4 is 7.\nThen 7 and 5 is 12', '12', '3 + 4 = 7, and 5 more is 12')
    same('reasoning', `Of 20 eggs ${'he counts and counts and '.repeat(4)} 12 are left.`, '12')
  })

  it('takes the only number of a short line, and words where there is none or several', () => {
    expect(
      ['3 of 5', '10-3', 'B2', 'none at all', '0.0', '-0', 'so 1/4 of it', '-3'].map(forms('reasoning')),
    ).toEqual(['3 of 5', '10-3', 'b2', 'none at all', '0', '0', 'so 1/4 of it', '-3'])
  })
})

describe('code', () => {
  it.each([
    [['len(xs)', '```python\nlen(xs)\n```', 'Here it is:\n```\nlen(xs)\n```\nThat is all.', '`len(xs)`']],
    [['{"a": 1, "b": [1, 2]}', '```json\n{ "b": [1,2],\n  "a": 1 }\n```', '{"b":[1,2],"a":1.0}']],
    [['f(a, b);', 'f(a,b)', 'f( a , b )']],
    [['  if x:\n      y()', 'if x:\n  y()  \n\n', 'if x:\r\n\ty()']],
  ])('%j are one class', (answers) => same('code_generation', ...answers))

  it('compares all blocks of an answer, not the first alone', () => {
    const answer = (code: string) =>
      `Install it:\n\n\`\`\`bash\nnpm i express\n\`\`\`\n\nThen:\n\n\`\`\`js\n${code}\n\`\`\`\n`
    same('code_generation', answer('run( 1 );'), answer('run(1)'))
    expect(canonicalise('code_generation', answer('run(1)'))).toBe('npm i express\nrun(1)')
    expect(canonicalise('code_generation', answer('run(2)'))).toBe('npm i express\nrun(2)')
  })

  it.each([
    [['f("a, b")', 'f("a,b")', 'f("a,  b")', 'f("a,\tb")']],
    [["say('( x )')", "say('(x)')"]],
    [['`a ; b`\nx', '`a;b`\nx']],
    [['"\\", b"', '"\\",b"']],
  ])('%j are a class each, because what is in quotes is what the code says', (answers) => {
    expect(new Set(answers.map(forms('code_generation'))).size).toBe(answers.length)
  })

  it('has no regard for spaces beside quotes, nor for a quote that nothing closes', () => {
    same('code_generation', 'f( "a, b" , x )', 'f("a, b",x)')
    same('code_generation', "f( a, b ) # don't", "f(a,b) # don't")
  })

  it('keeps the indentation that means something', () => {
    const [nested, flat] = ['if x:\n    a()\n    b()', 'if x:\n    a()\nb()'].map(forms('code_generation'))
    expect(nested).not.toBe(flat)
  })
})

describe('reviews', () => {
  it.each([
    [['approve', 'APPROVED.', 'LGTM', '{"verdict": "approve", "reason": "not rejected by any test"}']],
    [['reject', 'I cannot approve this', 'It does not look good: rejected', "don't merge", 'disapprove']],
    [['request_changes', 'Changes requested', 'needs work', '{"verdict":"request changes","reason":""}']],
  ])('%j are one class', (answers) => same('review', ...answers))

  it.each([
    '{"verdict":"reject","reason":"login() {} accepts any password"}',
    '```json\n{\n  "verdict": "reject",\n  "reason": "{ accepts } all"\n}\n```',
    'Here it is: {"reason": "approved by nobody", "note": {"verdict": "approve"}, "verdict": "reject"} That is all.',
    '{"verdict":"reject","reason":"{} accepts any pass',
    '{"verdict": "reject", "reason": "accepts \\"a\\""} and {accepted}',
    '{"verdict": "approve" | "request_changes" | "reject"}\n{"verdict": "reject", "reason": "accepts {"}',
  ])('%s is what its JSON names', (answer) => {
    expect(canonicalise('review', answer)).toBe('reject')
  })

  it('takes no verdict from the reason of one that stands for none', () => {
    expect(canonicalise('review', '{"verdict":"unsure","reason":"could be accepted {}"}')).toBeNull()
  })

  it.each([
    'I cannot recommend approval of this change.',
    "This isn't approved yet.",
    'Must be fixed before it can be approved.',
    'No approval from me.',
    'LGTM? No.',
    'Approved: no',
    'I cannot, in good conscience, approve this.',
    'I cannot say that I\napprove of it.',
    'I recommend against approval.',
    'Approve if the tests pass.',
    'The names look fine, LGTM, but the lock is wrong.',
    'Approval is pending.',
    'It accepts any password.',
    'It was approved by mistake.',
    'No changes requested.',
    'I see no reason to reject it.',
    'Approve. Reject.',
    'First I would approve, but reject.',
    'Verdict: comment. Approved by nobody.',
    'Decision: approve. Verdict: reject.',
    'approve, request_changes or reject',
    'nice code',
    '',
  ])('%s has no form, because in doubt nobody has approved', (answer) => {
    expect(canonicalise('review', answer)).toBeNull()
  })

  it.each([
    ['verdict: reject. It was approved by mistake.', 'reject'],
    ['**Verdict:** `approve`\n\nIt would not be rejected by anybody.', 'approve'],
    ['## Recommendation:\n\n- Request changes', 'request_changes'],
    ['Recommendation: add a test.\nVerdict = approve', 'approve'],
    ['Decision: do not merge. It looks good to me otherwise.', 'reject'],
    ['The tests pass and the names are clear. Looks good to me.', 'approve'],
    ['I recommend approval. Thanks!', 'approve'],
    ['Rejected because it accepts any password and does not check it.', 'reject'],
    ['It should not be merged.', 'reject'],
    ['I do not\napprove of it.', 'reject'],
    ['Is it approved? Needs work.', 'request_changes'],
  ])('%s is the verdict that a label or its sentences name', (answer, verdict) => {
    expect(canonicalise('review', answer)).toBe(verdict)
  })
})

describe('every kind of task', () => {
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

  it.each(taskTypes)('%s: the form of a form is that form', (type) => {
    fc.assert(
      fc.property(texts, (answer) => {
        const form = canonicalise(type, answer)
        if (form !== null) expect(canonicalise(type, form)).toBe(form)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is bounded in time for long answers', () => {
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

  it('names classes of equal forms of different kinds apart', () => {
    expect(new Set(taskTypes.map((type) => classHash(type, '7'))).size).toBe(taskTypes.length)
  })
})
