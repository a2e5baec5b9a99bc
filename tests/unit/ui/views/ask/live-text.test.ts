import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LiveText } from '../../../../../host/ui/views/ask/live-text.ts'

const atOnce = (publish: () => void): void => publish()

/** Cuts a text into pieces with their places. */
function piecesOf(text: string, cuts: readonly number[]): { offset: number; text: string }[] {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort(
    (one, other) => one - other,
  )
  return places.slice(1).map((end, at) => ({ offset: places[at] ?? 0, text: text.slice(places[at], end) }))
}

test('a text is whole and not doubled, wherever the snapshot comes and whichever pieces come twice', () => {
  const many = fc.record({
    text: fc.string({ minLength: 1, maxLength: 60 }),
    cuts: fc.array(fc.nat(60), { maxLength: 12 }),
    seen: fc.nat(12),
    snapshotAt: fc.nat(12),
    replayed: fc.nat(12),
  })
  fc.assert(
    fc.property(many, ({ text, cuts, seen, snapshotAt, replayed }) => {
      const pieces = piecesOf(text, cuts)
      const live = new LiveText(atOnce)
      // The stream begins in the middle; the snapshot was made after it began, and comes late.
      const from = Math.min(seen, pieces.length)
      const made = Math.min(from + snapshotAt, pieces.length)
      const snapshot = pieces
        .slice(0, made)
        .map((one) => one.text)
        .join('')
      pieces.slice(from, made).forEach((one) => void live.piece(one.offset, one.text))
      live.snapshot(snapshot)
      pieces.slice(Math.max(0, made - replayed)).forEach((one) => void live.piece(one.offset, one.text))
      expect(live.shown.value).toBe(text)
    }),
  )
})

test('a missing piece is noticed, and the next snapshot repairs the text', () => {
  const live = new LiveText(atOnce)
  live.snapshot('one ')
  expect(live.piece(8, 'three')).toBe(true)
  expect(live.shown.value).toBe('one ')
  live.snapshot('one two ')
  expect(live.shown.value).toBe('one two three')
})

test('many pieces of one frame are shown once', () => {
  const frames: (() => void)[] = []
  const live = new LiveText((publish) => frames.push(publish))
  for (let at = 0; at < 100; at += 1) live.piece(at, 'x')
  expect(frames.length).toBe(1)
  expect(live.shown.value).toBe('')
  frames[0]?.()
  expect(live.shown.value).toBe('x'.repeat(100))
})
