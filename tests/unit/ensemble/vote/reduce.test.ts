import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256Hex } from '../../../../host/codec/digest.ts'
import { type Ballot, hashOf, reduceBallots } from '../../../../host/ensemble/vote/reduce.ts'

const ballot = (text: string, weight_milli = 1_000): Ballot => ({
  text,
  weight_milli,
  response_digest: sha256Hex(text),
  hash: hashOf('general', text),
})
const rules = { min_agreement: 0.6, require_consensus: true }
const reduce = (ballots: readonly Ballot[], changes = {}) => reduceBallots(ballots, { ...rules, ...changes })

describe('weighted consensus', () => {
  it('the vote merges the class with the agreement, by weight and not by number', () => {
    const outcome = reduce([ballot('a', 3_000), ballot('b'), ballot('b')])
    expect(outcome).toMatchObject({
      result: 'merged',
      text: 'a',
      agreement: 0.6,
      winner: hashOf('general', 'a'),
    })
    expect(outcome.classes.map(({ weight_milli, votes }) => [weight_milli, votes])).toEqual([
      [3_000, 1],
      [2_000, 2],
    ])
  })

  it('the vote merges nothing below the agreement unless consensus is not required', () => {
    const ballots = [ballot('a', 1_200), ballot('b'), ballot('c')]
    expect(reduce(ballots)).toMatchObject({
      result: 'no_consensus',
      text: null,
      winner: hashOf('general', 'a'),
    })
    expect(reduce(ballots, { require_consensus: false })).toMatchObject({ result: 'flagged', text: 'a' })
  })

  it('a tie goes to the lowest hash', () => {
    const [low] = ['a', 'b'].toSorted((x, y) =>
      (hashOf('general', x) ?? '') < (hashOf('general', y) ?? '') ? -1 : 1,
    )
    expect(reduce([ballot('a'), ballot('b')], { require_consensus: false }).text).toBe(low)
  })

  it('the heaviest member of the winning class speaks', () => {
    expect(reduce([ballot('Paris.'), ballot('PARIS', 1_001), ballot('paris')]).text).toBe('PARIS')
  })

  it('an answer without content counts among all that answered', () => {
    expect(reduce([ballot('a'), ballot('...')])).toMatchObject({ result: 'no_consensus', agreement: 0.5 })
    expect(reduce([ballot('...')])).toEqual({
      result: 'no_consensus',
      winner: null,
      text: null,
      agreement: 0,
      classes: [],
    })
    expect(reduce([])).toMatchObject({ result: 'no_consensus', agreement: 0 })
  })

  it('the outcome does not depend on the order of the members', () => {
    const some = fc.array(
      fc.record({
        text: fc.constantFrom('a', 'A', 'a.', 'b', 'B!', 'c', '...', ''),
        weight: fc.integer({ min: 1, max: 3_000 }),
      }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(
        some.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        fc.boolean(),
        ([list, shuffled], require_consensus) => {
          const [one, other] = [list, shuffled].map((each) =>
            reduce(
              each.map(({ text, weight }) => ballot(text, weight)),
              { require_consensus },
            ),
          )
          expect(other).toEqual(one)
        },
      ),
    )
  })
})
