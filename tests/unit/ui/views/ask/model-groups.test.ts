import { expect, test } from 'vitest'
import { modelList } from '../../../../../host/api/openai/models.ts'
import type { MeshModel } from '../../../../../host/types/answer.ts'
import { firstChoice, groupModels } from '../../../../../host/ui/views/ask/model-groups.ts'

/** A model, as `GET /v1/models` gives it. */
function listed(
  name: string,
  owned_by: MeshModel['owned_by'],
  ...places: [agent: string, loaded: boolean][]
) {
  const at = places.map(([agent, loaded]) => ({ agent, name: agent, loaded }))
  return modelList([{ name, owned_by, at, digest: null, context_tokens: null }]).data
}

const models = [
  ...listed('upstream:lan/big', 'upstream'),
  ...listed('ripple/auto', 'ripple'),
  ...listed('peer:uhCAkb/tiny', 'mesh'),
  ...listed('tiny', 'mesh', ['uhCAkb', true], ['uhCAkc', false]),
  ...listed('small', 'mesh', ['uhCAka', false], ['uhCAkb', true]),
  ...listed('alone', 'mesh', ['uhCAka', false]),
]
const nameOf = (agent: string): string => (agent === 'uhCAkb' ? 'bert' : agent)

test('models are grouped by where they are, each in one group', () => {
  expect(groupModels(models, 'uhCAka', nameOf)).toEqual([
    {
      label: 'Chosen by Ripple',
      choices: [{ id: 'ripple/auto', label: 'ripple/auto', where: 'Ripple chooses model and machine' }],
    },
    {
      label: 'On this machine',
      choices: [
        { id: 'alone', label: 'alone', where: 'here' },
        { id: 'small', label: 'small', where: 'here and on bert, loaded' },
      ],
    },
    {
      label: 'On other machines',
      choices: [{ id: 'tiny', label: 'tiny', where: 'on bert and uhCAkc, loaded' }],
    },
    {
      label: 'On one machine of your choice',
      choices: [{ id: 'peer:uhCAkb/tiny', label: 'tiny on bert', where: 'bert alone is asked' }],
    },
    {
      label: 'Beyond the mesh',
      choices: [{ id: 'upstream:lan/big', label: 'upstream:lan/big', where: 'what you ask leaves the mesh' }],
    },
  ])
})

test('a few machines are named, and many are counted', () => {
  const where = (count: number): string | undefined => {
    const places = Array.from({ length: count }, (_, at) => [`m${at}`, false] as [string, boolean])
    return groupModels(listed('tiny', 'mesh', ...places), 'self', nameOf)[0]?.choices[0]?.where
  }
  expect([1, 3, 4].map(where)).toEqual(['on m0', 'on m0, m1 and m2', 'on 4 other machines'])
})

test('the first choice is a routed model, else the nearest', () => {
  expect(firstChoice(groupModels(models, 'uhCAka', nameOf))).toBe('ripple/auto')
  expect(firstChoice(groupModels(models.slice(2), 'uhCAka', nameOf))).toBe('alone')
  expect(firstChoice([])).toBeNull()
})
