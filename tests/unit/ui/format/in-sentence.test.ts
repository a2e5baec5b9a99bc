import { expect, test } from 'vitest'
import { inSentence } from '../../../../host/ui/format/in-sentence.ts'

test('a short name of ASCII stays as it is in a sentence', () => {
  expect(inSentence('SmolLM2 <b>')).toBe('SmolLM2 <b>')
})

test('a long name is cut between characters', () => {
  expect(inSentence('😀'.repeat(10_000))).toBe(`\u2068${'😀'.repeat(64)}…\u2069`)
})

test('a name loses the characters that turn a sentence around, and is isolated from it', () => {
  expect(inSentence('\u202Eexe.\u2069gpj')).toBe('exe.gpj')
  expect(inSentence('\u202Eשלום')).toBe('\u2068שלום\u2069')
})
