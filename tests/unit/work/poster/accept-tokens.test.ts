import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import { plainPrompt } from '../../../../host/types/inference.ts'
import type { TokensMessage } from '../../../../host/types/message.ts'
import { AnswerTexts } from '../../../../host/work/context/answer-texts.ts'
import type { PosterContext } from '../../../../host/work/context/context.ts'
import { acceptTokens, boundAnswer } from '../../../../host/work/poster/accept-tokens.ts'
import { closeEvent, committed, grantEvent, now, peer, stateAfter, taskEvent } from '../../mesh/fixtures.ts'

const TOLD_MS = 1_000
const granted = [committed(taskEvent()), committed(grantEvent(1, 'a'))]

function piece(changes: Partial<TokensMessage> = {}): TokensMessage {
  return {
    type: 'tokens',
    task: 'task',
    attempt: 1,
    offset: 0,
    text: 'one ',
    tokens_out: 1,
    last: false,
    ...changes,
  }
}

const heard = (message: TokensMessage, at = now): MeshInput => ({
  type: 'message_received',
  from: 'a',
  message,
  at,
})

/** The text that a poster passes on from the pieces it takes. */
class Poster {
  readonly texts = new AnswerTexts()
  readonly told: { offset: number; text: string }[] = []
  readonly hands: PosterContext

  constructor(happenings: readonly MeshInput[], at = now) {
    const state = stateAfter(happenings, [peer('a')])
    this.hands = {
      state: () => state,
      texts: this.texts,
      bounds: { tokens_told_ms: TOLD_MS },
      needs: { clock: { now: () => at } },
      notify: ({ offset, text }: { offset: number; text: string }) => void this.told.push({ offset, text }),
    } as unknown as PosterContext
  }

  take(message: TokensMessage, from = 'a') {
    return acceptTokens(from, message, this.hands)
  }
}

describe('a piece of an answer', () => {
  test('a piece of the granted worker is passed on with its offset', () => {
    const poster = new Poster(granted)
    expect(poster.take(piece())).toEqual({ tell: piece(), wanted: true })
    poster.take(piece({ offset: 4, text: 'two' }))
    expect(poster.told).toEqual([
      { offset: 0, text: 'one ' },
      { offset: 4, text: 'two' },
    ])
  })

  test.each([
    ['another peer', granted, piece(), 'b'],
    ['an attempt that was superseded', [...granted, committed(grantEvent(2, 'b'))], piece(), 'a'],
    ['an attempt to come', granted, piece({ attempt: 2 }), 'a'],
    ['a task that nobody was given', [committed(taskEvent())], piece(), 'a'],
    ['a task of another', [], piece(), 'a'],
    ['a task that is closed', [...granted, committed(closeEvent('grant 1', 3))], piece(), 'a'],
  ])('a piece of %s is dropped, and its sender is told to stop', (_what, happenings, message, from) => {
    const poster = new Poster(happenings)
    // The state hears of it all the same, for it is what tells the sender.
    expect(poster.take(message, from)).toEqual({ tell: message, wanted: false })
    expect([poster.told, poster.texts.get('task')]).toEqual([[], ''])
  })

  test('an overlapping piece adds its new text, and a gap or other text adds nothing', () => {
    const poster = new Poster(granted)
    poster.take(piece())
    poster.take(piece({ offset: 2, text: 'e two ' }))
    poster.take(piece({ offset: 99, text: 'late' }))
    poster.take(piece({ offset: 0, text: 'other words' }))
    poster.take(piece({ offset: 4, text: 'two three' }))
    expect(poster.told.map(({ text }) => text)).toEqual(['one ', 'two ', 'three'])
  })

  test('the text is passed on once and in order, whatever a worker sends', () => {
    const any = fc.record({
      offset: fc.nat(12),
      text: fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b', '\u{1F600}') }),
      tokens_out: fc.nat(20),
      last: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), (pieces) => {
        const poster = new Poster(granted)
        for (const one of pieces) poster.take(piece(one))
        let text = ''
        for (const told of poster.told) {
          expect(told.offset).toBe(text.length)
          expect(told.text).not.toBe('')
          text += told.text
        }
        expect(text).toBe(poster.texts.get('task'))
      }),
    )
  })
})

describe('a piece beyond the request', () => {
  const parameters = { max_tokens: 8, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 }
  const asked = plainPrompt('Say something.', { parameters, seed: 1 })
  const bounded = (input = asked.input) => {
    const poster = new Poster(granted)
    boundAnswer('task', { ...asked, input }, poster.hands)
    return poster
  }
  const longest = Math.floor((8 * limits.token_bytes_max) / 3)

  test.each([
    ['more tokens than asked', piece({ tokens_out: 9 })],
    ['more text than so many tokens can be', piece({ text: 'x'.repeat(longest + 1) })],
    ['the same in steps', piece({ offset: longest - 3 })],
  ])('a piece beyond the request is dropped and does not renew the lease: %s', (_what, message) => {
    const poster = bounded()
    expect(poster.take(message)).toEqual({ tell: null, wanted: false })
    expect([poster.told, poster.texts.get('task')]).toEqual([[], ''])
  })

  test('a piece of just the requested size is taken', () => {
    expect(bounded().take(piece({ tokens_out: 8, text: 'x'.repeat(longest) })).wanted).toBe(true)
  })

  test('no bound of text holds for vectors or for a task that was closed', () => {
    expect(
      bounded({ type: 'embed', texts: ['a'] }).take(piece({ text: 'x'.repeat(longest + 1) })).wanted,
    ).toBe(true)
    const poster = bounded()
    poster.texts.drop('task')
    expect(poster.texts.isTooMany('task', 9)).toBe(false)
  })
})

describe('signs of life', () => {
  const begun = [...granted, heard(piece())]
  const tells = (message: TokensMessage, at: number, happenings: readonly MeshInput[] = begun) => {
    const poster = new Poster(happenings, at)
    poster.texts.take('task', piece(), 1_000)
    return poster.take(message).tell
  }

  test('the first piece renews the lease, and later ones with new text once in a while', () => {
    expect(new Poster(granted).take(piece()).tell).toEqual(piece())
    const two = piece({ offset: 4, text: 'two' })
    expect(tells(two, now + TOLD_MS - 1)).toBeNull()
    expect(tells(two, now + TOLD_MS)).toEqual(two)
  })

  test('a piece without new text renews the lease by its token count', () => {
    const later = piece({ offset: 50, text: 'later', tokens_out: 5 })
    const counted = { type: 'progress', task: 'task', attempt: 1, tokens_in: 0, tokens_out: 5, ran: false }
    expect(tells(later, now + TOLD_MS)).toEqual(counted)
    expect(tells(piece({ text: '', tokens_out: 5 }), now + TOLD_MS)).toEqual(counted)
  })

  test('a repeated piece does not renew the lease', () => {
    expect(tells(piece(), now + 10 * TOLD_MS)).toBeNull()
    expect(tells(piece({ offset: 50, text: 'nowhere' }), now + 10 * TOLD_MS)).toBeNull()
    expect(tells(piece({ text: 'other' }), now + 10 * TOLD_MS)).toBeNull()
  })

  test('the last piece renews the lease once', () => {
    const last = piece({ offset: 4, text: '', last: true })
    expect(tells(last, now + 1)).toMatchObject({ type: 'progress', tokens_out: 1, ran: true })
    expect(tells(last, now + 10 * TOLD_MS, [...begun, heard(last)])).toBeNull()
  })
})
