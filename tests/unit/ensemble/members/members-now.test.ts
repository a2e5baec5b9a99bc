import { expect, test } from 'vitest'
import { membersNow } from '../../../../host/ensemble/members/members-now.ts'
import type { DataClass } from '../../../../host/types/data-class.ts'
import { agent, model, peer, policyWith, standInInference } from '../stand-in.ts'

const models = [model('one', '1', 'a'), model('two', '2', 'b'), model('three', '3', 'c')]
const needs = {
  agent: agent('b'),
  inference: standInInference(models, () => ({ text: '' })),
  peers: () => [...'abc'].map((letter) => peer(letter)),
  canChat: () => true,
}
const asked = { policy: policyWith(), taskType: 'general', form: 'auto', k: 3, seed: 1 } as const
const members = (data_class: DataClass | undefined) => membersNow(needs, { ...asked, data_class })

test.each([undefined, 'public', 'private'] as const)(
  'all machines that are online vote on a question of the class %s',
  (data_class) => {
    const { mode, members: all } = members(data_class)
    expect(mode).toBe('distinct_models')
    expect(all.map((one) => one.peer).toSorted()).toEqual([agent('a'), agent('b'), agent('c')])
  },
)

test('this machine alone votes on a secret question', () => {
  const { mode, members: own } = members('secret')
  expect(mode).toBe('self_consistency')
  expect(own.map((one) => [one.model, one.peer])).toEqual(Array(3).fill(['two', agent('b')]))
})
