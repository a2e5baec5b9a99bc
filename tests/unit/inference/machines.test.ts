import { expect, test } from 'vitest'
import { machinesOf, on } from '../../../host/inference/machines.ts'
import { type KnownModel, resolveName } from '../../../host/inference/names.ts'
import type { Ask } from '../../../host/types/answer.ts'
import { ask, asking, openPlane } from './plane.ts'

const known: readonly KnownModel[] = [
  {
    name: 'tiny',
    digest: 'a'.repeat(64),
    context_tokens: 2_048,
    at: [
      { agent: 'uhCAkone', name: 'desk', loaded: true },
      { agent: 'uhCAktwo', name: 'nas', loaded: false },
      { agent: 'uhCAkthree', name: 'nas', loaded: false },
    ],
  },
]

function chosen(changes: Partial<Ask>) {
  const asked = asking({ model: 'tiny', ...changes })
  const target = resolveName(asked.model, known, ['upstream:lan/gpt'])
  if (target.type === 'auto') throw new RangeError('no model is chosen')
  return on(machinesOf(asked, known), target, asked)
}

const away = `uhCAk${'x'.repeat(48)}`

test.each([
  [{ target: 'desk' }, { only: 'uhCAkone', except: [] }],
  [{ target: 'uhCAkthree' }, { only: 'uhCAkthree' }],
  [{ exclude: ['nas'] }, { only: null, except: ['uhCAktwo', 'uhCAkthree'] }],
  [{ exclude: ['uhCAktwo', away] }, { only: null, except: ['uhCAktwo', away] }],
  [{ target: 'nas', exclude: ['uhCAktwo', 'uhCAkthree'] }, 'target'],
  [{ target: 'rig' }, 'target'],
  [{ exclude: ['rig'] }, 'exclude'],
  [{ exclude: ['desk', 'nas'] }, 'exclude'],
  [{ model: 'peer:desk/tiny', target: 'nas' }, 'target'],
  [{ model: 'peer:desk/tiny', exclude: ['desk'] }, 'exclude'],
  [{ model: 'ripple/moe', target: 'desk' }, 'target'],
  [{ model: 'upstream:lan/gpt', exclude: ['desk'] }, 'exclude'],
])('a choice of machines %j becomes a target, or an error of its header: %j', (changes, wanted) => {
  if (typeof wanted !== 'string') return expect(chosen(changes)).toMatchObject(wanted)
  const refused = expect.objectContaining({ param: `x-ripple-${wanted}` })
  expect(() => chosen(changes)).toThrow(
    expect.objectContaining({ code: 'RIPPLE_BODY_INVALID', facts: refused }),
  )
})

test.each([0, 1])('an ask with a target or without an excluded machine runs on machine %i', async (place) => {
  const plane = await openPlane(2)
  const [wanted, other] = [plane.workers[place], plane.workers[1 - place]]
  if (!wanted || !other) throw new RangeError('two machines')
  const byName = await ask(plane, 'whole', { target: wanted.machine.name })
  const without = await ask(plane, 'whole', { exclude: [other.machine.agent] })
  expect([byName.end?.peer, without.end?.peer]).toEqual([wanted.machine.agent, wanted.machine.agent])
})
