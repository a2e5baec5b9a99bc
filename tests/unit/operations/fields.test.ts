import { expect, test } from 'vitest'
import { z } from 'zod'
import { helpText, waysIn } from '../../../host/operations/fields.ts'
import { defineOperation } from '../../../host/operations/operation.ts'

const input = z.strictObject({
  id: z.string().describe('the id'),
  count: z.number().int().min(1).max(16).default(3).describe('the count'),
  share: z.number().min(0).nullable().default(null).describe('the share'),
  wait_ms: z.number().int().min(1_000).max(3_600_000).default(90_000).describe('the wait'),
  which: z.enum(['one', 'two']).default('one').describe('the choice'),
  tags: z.array(z.string()).max(4).default([]).describe('the tags'),
  off: z.boolean().default(false).describe('end it'),
  text: z.string().describe('the text'),
})

const operation = defineOperation({
  name: 'thing.do',
  title: 'Do',
  summary: 'Do a thing',
  description: 'Does a thing.',
  effect: 'write',
  input,
  output: z.strictObject({}),
  errors: [],
  examples: [],
  surfaces: {
    cli: {
      flags: {
        id: '<ID>',
        count: '--count <N>',
        share: '--share <S>',
        wait_ms: '--wait <TIME>',
        which: '--which <W>',
        tags: '--tag <TAGS>',
        off: '--off',
        text: [
          { as: '[TEXT]', kind: 'prompt' },
          { as: '--file <FILE>', kind: 'prompt-file' },
        ],
      },
    },
  },
})

test('kinds, ranges and defaults of typed fields come from their schema', () => {
  expect(waysIn(operation).map(({ as, kind, type, usual }) => [as, kind, type, usual])).toEqual([
    ['<ID>', 'text', 'text', null],
    ['--count <N>', 'number', 'number, 1 to 16', '3'],
    ['--share <S>', 'number', 'number', null],
    ['--wait <TIME>', 'duration', 'time such as 90s or 5m, 1s to 1h', '90s'],
    ['--which <W>', 'text', 'one, two', 'one'],
    ['--tag <TAGS>', 'list', 'list (a,b,c), 4 at most', null],
    ['--off', 'boolean', 'flag', null],
    ['[TEXT]', 'prompt', 'text', null],
    ['--file <FILE>', 'prompt-file', 'file', null],
  ])
})

test('the help text has the description of the field, its values and the usual one', () => {
  expect(waysIn(operation).map(helpText)).toEqual([
    'the id',
    'the count (1 to 16; default 3)',
    'the share',
    'the wait (time such as 90s or 5m, 1s to 1h; default 90s)',
    'the choice (one, two; default one)',
    'the tags (list (a,b,c), 4 at most)',
    'end it',
    'the text',
    'read it from a file, or from standard input (-)',
  ])
})
