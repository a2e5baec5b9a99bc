import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { confirm } from '../../../host/cli/confirm.ts'

const never = new AbortController().signal

/** A terminal at which a person types a text; without one the input ends at once. */
function terminal(typed: string | null, isTTY = true) {
  const stdin = Object.assign(new PassThrough(), { isTTY })
  const notes: string[] = []
  if (typed === null) stdin.end()
  else stdin.write(typed)
  return { notes, asking: { stdin, isSeen: true, print: { note: (line: string) => void notes.push(line) } } }
}

test.each([
  ['y\n', true],
  [' Yes \n', true],
  ['n\n', false],
  ['\n', false],
  ['yesterday\n', false],
  [null, false],
])('the answer %j to a question is %s', async (typed, answer) => {
  const { notes, asking } = terminal(typed)
  expect(await confirm('Accept all?', asking, never)).toBe(answer)
  expect(notes).toEqual(['Accept all? [y/N]'])
})

test('a program is asked nothing, and its answer is no', async () => {
  const piped = terminal('y\n', false)
  expect(await confirm('Accept all?', piped.asking, never)).toBe(false)
  const unseen = terminal('y\n')
  expect(await confirm('Accept all?', { ...unseen.asking, isSeen: false }, never)).toBe(false)
  expect([piped.notes, unseen.notes]).toEqual([[], []])
})

test('a question ends with its signal', async () => {
  const ending = new AbortController()
  const { asking } = terminal('')
  const answer = confirm('Accept all?', asking, ending.signal)
  ending.abort()
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
})
