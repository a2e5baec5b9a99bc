/** Tests when this machine offers its resources. */
import { expect, test } from 'vitest'
import { resourceLimits } from '../../../host/limits/resources.ts'
import { nothing } from '../../../host/resources/amounts.ts'
import { isOfferDue, type OwnOffer } from '../../../host/resources/own-offer.ts'

const now = 1_800_000_000_000
const capacity = { ...nothing, cpu_cores: 4 }
const last: OwnOffer = {
  ...{ hash: 'offer', dna: 'dna', capacity, at: now },
  expires_at: now + resourceLimits.resource_offer_ms,
}
const more = { ...capacity, cpu_cores: 8 }
const later = now + resourceLimits.resource_offer_rest_ms
const ending = last.expires_at - resourceLimits.allocation_s_max * 1_000

test.each<[string, boolean, OwnOffer | null, { dna: string; capacity: typeof capacity }, number]>([
  ['without an offer', true, null, { dna: 'dna', capacity }, now],
  ['in a new epoch', true, last, { dna: 'next', capacity }, now],
  ['with time left and the same amount', false, last, { dna: 'dna', capacity }, ending],
  ['before an allocation would outlive it', true, last, { dna: 'dna', capacity }, ending + 1],
  ['for another amount soon after', false, last, { dna: 'dna', capacity: more }, later - 1],
  ['for another amount after a rest', true, last, { dna: 'dna', capacity: more }, later],
])('an offer is due or not: %s', (_when, due, before, wanted, at) => {
  expect(isOfferDue(before, wanted, at)).toBe(due)
})
