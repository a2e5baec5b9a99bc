import { expect, test } from 'vitest'
import { firstChoice, groupModels } from '../../../host/ui/model-groups.ts'
import type { Model } from '../../../host/ui/wire.ts'

const at = (...places: readonly [agent: string, loaded: boolean][]): Model['ripple'] => ({
  at: places.map(([agent, loaded]) => ({ agent, loaded })),
})
const models: readonly Model[] = [
  { id: 'upstream:lan/big', owned_by: 'upstream', ripple: at() },
  { id: 'ripple/auto', owned_by: 'ripple', ripple: at() },
  { id: 'peer:uhCAkb/tiny', owned_by: 'mesh', ripple: at() },
  { id: 'tiny', owned_by: 'mesh', ripple: at(['uhCAkb', true], ['uhCAkc', false]) },
  { id: 'small', owned_by: 'mesh', ripple: at(['uhCAka', false], ['uhCAkb', true]) },
  { id: 'alone', owned_by: 'mesh', ripple: at(['uhCAka', false]) },
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
    const model: Model = { id: 'tiny', owned_by: 'mesh', ripple: at(...places) }
    return groupModels([model], 'self', nameOf)[0]?.choices[0]?.where
  }
  expect([1, 3, 4].map(where)).toEqual(['on m0', 'on m0, m1 and m2', 'on 4 other machines'])
})

test('the first choice is a routed model, else the nearest', () => {
  expect(firstChoice(groupModels(models, 'uhCAka', nameOf))).toBe('ripple/auto')
  expect(firstChoice(groupModels(models.slice(2), 'uhCAka', nameOf))).toBe('alone')
  expect(firstChoice([])).toBeNull()
})

test("a list without Ripple's fields is one of other machines' models", () => {
  const groups = groupModels([{ id: 'a' }], 'uhCAka', nameOf)
  expect(groups).toEqual([{ label: 'On other machines', choices: [{ id: 'a', label: 'a', where: '' }] }])
})
