import { expect, test } from 'vitest'
import { type OwnFacts, type OwnState, ownState } from '../../../host/types/own-state.ts'

const alone: OwnFacts = {
  hasAddress: true,
  there: 0,
  waiting: 0,
  unreachable: 0,
  left: 0,
  cardsMissing: 0,
  isConductorReady: true,
  isComparing: false,
}

test.each<[Partial<OwnFacts>, OwnState['state'], string]>([
  [{}, 'isolated', 'no other machine has been seen'],
  [{ hasAddress: false, unreachable: 3 }, 'isolated', 'no network interface is up'],
  [{ waiting: 1 }, 'isolated', 'nobody is there: 1 machine to be accepted'],
  [{ unreachable: 2, left: 1 }, 'isolated', 'nobody is there: 2 machines out of reach, 1 machine gone'],
  [{ there: 1, isConductorReady: false }, 'syncing', 'the conductor is starting'],
  [{ there: 1, isComparing: true }, 'syncing', 'its chains are being compared with the copies of others'],
  [{ there: 2, cardsMissing: 1 }, 'syncing', 'the DHT has not brought the cards of 1 machine yet'],
  [{ there: 1, waiting: 4 }, 'connected', '1 machine is there'],
  [{ there: 2, unreachable: 1 }, 'connected', '2 machines are there'],
])('a machine with %j is %s: %s', (facts, state, why) => {
  expect(ownState({ ...alone, ...facts })).toEqual({ state, why })
})
