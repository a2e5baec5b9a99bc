import { encodeHashToBase64, fakeActionHash, fakeAgentPubKey, fakeDnaHash } from '@holochain/client'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolveList } from '../../../../host/mesh/state/chain.ts'
import { openRules } from '../../../../host/rules/rules.ts'
import type { EventOf } from '../../../../host/types/events.ts'
import { closeEvent, grantEvent, taskEvent } from '../fixtures.ts'

const rules = await openRules()

const text = async (made: Promise<Uint8Array>) => encodeHashToBase64(await made)
const actions = await Promise.all(Array.from({ length: 10 }, (_, first) => text(fakeActionHash(first))))
const action = (place: number) => actions[place] ?? ''
const poster = await text(fakeAgentPubKey(1))
const stranger = await text(fakeAgentPubKey(2))
const worker = await text(fakeAgentPubKey(3))
const dna_hash = await text(fakeDnaHash(1))
/** The tasks that events are of, and the events of a list between the two. */
const [asked, other] = [action(0), action(9)]

/** An event of a list: which one before it it names, where it stands, whose it is, of which task, and of which kind. */
const link = fc.record({
  after: fc.nat(8),
  seq: fc.integer({ min: 2, max: 9 }),
  author: fc.constantFrom(poster, poster, poster, stranger),
  task: fc.constantFrom(asked, asked, asked, other),
  closes: fc.boolean(),
})

test('the host reads a list of events as the zomes do, with forks and strangers', () => {
  const { entry } = taskEvent()
  const task = { ...taskEvent({ dna_hash }, asked), author: poster, entry: { ...entry, dna_hash } }
  const many = fc.uniqueArray(link, { minLength: 1, maxLength: 8, selector: (one) => JSON.stringify(one) })
  fc.assert(
    fc.property(many, fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), (drawn, order) => {
      // Nothing follows a Close: the rules let nobody write that.
      const named = (after: number) => (after > 0 && !drawn[after - 1]?.closes ? action(after) : asked)
      const links = drawn.map((one, place): EventOf<'Grant'> | EventOf<'Close'> => {
        const fields = { hash: action(place + 1), author: one.author, seq: one.seq }
        const about = { dna_hash, task: one.task, prev: named(one.after) }
        const grant = grantEvent(1, worker)
        const close = closeEvent('', 0)
        return one.closes
          ? { ...close, ...fields, entry: { ...close.entry, ...about } }
          : { ...grant, ...fields, entry: { ...grant.entry, ...about } }
      })
      const shuffled = links.toSorted((a, b) => (order[places(a)] ?? 0) - (order[places(b)] ?? 0))
      const { grants, close } = resolveList(task, shuffled)
      const path = [task, ...grants, ...(close ? [close] : [])].map((one) => one.hash)
      expect(path).toEqual(rules.resolve(asked, [task, ...shuffled])?.path)
    }),
    { numRuns: 500 },
  )
})

/** Returns the position of a drawn event. */
function places({ hash }: { readonly hash: string }): number {
  return actions.indexOf(hash) - 1
}
