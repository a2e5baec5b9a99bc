import { expect, test } from 'vitest'
import { drawFault, makeable } from '../../chaos/faults.ts'
import type { World } from '../../chaos/world.ts'
import { Prng } from '../../harness/sim/random.ts'

const none = new Set<string>()
const peer = { name: 'a', agent: 'a', conductorPid: 2, enginePid: null }

/** A world in which one peer is in peace, whose engine has not begun; without network and disk of its own. */
const world = {
  calm: [peer],
  peers: [peer, { ...peer, name: 'b' }],
  running: new Map(),
  lan: null,
  disk: null,
  diskPeer: null,
} as unknown as World

function drawn(without: ReadonlySet<string>, due: ReadonlySet<string>): Set<string | undefined> {
  const random = new Prng(1)
  return new Set(Array.from({ length: 300 }, () => drawFault(world, random, { without, due })?.fault.name))
}

test('only a fault that can happen now is drawn', () => {
  expect([...drawn(none, none)].sort()).toEqual([
    'conductor',
    'daemon',
    'drain',
    'fail point',
    'frozen',
    'machine',
  ])
  expect(drawn(new Set(['conductor', 'drain']), none)).not.toContain('drain')
})

test('a due fault comes first if it can happen', () => {
  expect(drawn(none, new Set(['frozen', 'drain', 'engine']))).toEqual(new Set(['frozen', 'drain']))
  expect(drawn(none, new Set(['engine'])).size).toBe(6)
})

test('a fault that the machine cannot make is never due', () => {
  const asked = ['daemon', 'partition', 'disk full']
  expect(makeable(world, asked)).toEqual(new Set(['daemon']))
  const able = { lan: {}, disk: {} } as unknown as World
  expect(makeable(able, asked)).toEqual(new Set(asked))
})
