import { expect, test } from 'vitest'
import { keepModelCard, mostMemory } from '../../../../host/daemon/models/model-memory.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'

const sized = (bytes: number) => ({ sha256: `of ${bytes}`, bytes })

/**
 * The events at a machine with three models and `files`, look by look. The n-th look finds that much memory, and those files
 * instead of the earlier ones.
 */
async function watched(
  looks: readonly number[],
  fails: readonly number[] = [],
  files: readonly string[][] = [],
): Promise<string[]> {
  const happened: string[] = []
  const over = Promise.withResolvers<void>()
  let look = 0
  const memory = mostMemory(() => looks[look] ?? 0)
  const sleep = async (_ms: number, ending: AbortSignal): Promise<void> => {
    // The card of the look before is written first.
    await new Promise((resolve) => setImmediate(resolve))
    look += 1
    if (look <= looks.length - 1) return
    over.resolve()
    await new Promise((_, reject) => ending.addEventListener('abort', reject))
  }
  const publish = async (): Promise<void> => {
    happened.push(`${look}: card by ${memory()}`)
    if (fails.includes(look)) throw new TypeError('no conductor')
  }
  let found: string[] = []
  using _card = keepModelCard({
    modelMemory: memory,
    hasGpu: () => false,
    models: {
      present: () => [...[1, 5, 8].map(sized), ...found.map((sha256) => ({ sha256, bytes: 1 }))],
      index: {
        look: async () => {
          found = files[look] ?? found
        },
        onChange: () => () => {},
      },
    },
    publish,
    clock: { sleep },
    emit: ({ type }) => void happened.push(`${look}: ${type}`),
  })
  await over.promise
  return happened
}

test('a model that lacked memory at the start is named once there is enough', async () => {
  expect(await watched([0, 4, 4, 6, 6])).toEqual(['1: card by 4', '3: card by 6'])
})

test('a card is not rewritten because memory comes and goes', async () => {
  expect(await watched([0, 6, 4, 6, 1, 7, 6, 9, 2, 9])).toEqual(['1: card by 6', '7: card by 9'])
})

test('a card that could not be written is written at the next look', async () => {
  const cards = ['1: card by 4', '2: card by 6', '2: card_unwritten', '3: card by 6']
  expect(await watched([0, 4, 6, 6, 6], [2])).toEqual(cards)
})

test('a file that was unread at the start is named later, unless it is away', async () => {
  const files = [[], [], [], ['a film'], ['a film'], [], ['a film']]
  const cards = ['1: card by 6', '3: card by 6', '5: card by 6', '6: card by 6']
  expect(await watched([0, 6, 6, 6, 6, 6, 6, 6], [], files)).toEqual(cards)
})

/** A card of a machine with one model, which is written where `works` says so. Its next look waits for `look`. */
function oneModel() {
  const state = {
    readable: true,
    looks: 0,
    works: true,
    gpu: true,
    here: ['a film'],
    look: Promise.withResolvers<void>(),
    written: [] as string[][],
    changed: (): void => {},
  }
  const card = keepModelCard({
    modelMemory: mostMemory(() => 1),
    hasGpu: () => state.gpu,
    models: {
      present: () => state.here.map((sha256) => ({ sha256, bytes: 1 })),
      index: {
        look: async () => {
          state.looks += 1
          if (!state.readable) throw new TypeError('no such folder')
        },
        onChange: (listener) => {
          state.changed = listener
          return () => {
            state.changed = () => {}
          }
        },
      },
    },
    publish: async () => {
      if (!state.works) throw new RippleError('RIPPLE_CHAIN_BEHIND', {})
      state.written.push(state.here)
    },
    clock: {
      sleep: async () => {
        await state.look.promise
        state.look = Promise.withResolvers()
      },
    },
    emit: () => {},
  })
  return { state, card }
}

/** Reports a change of the files, and waits until the card has followed it. */
async function change(
  state: ReturnType<typeof oneModel>['state'],
  here: string[],
  works = true,
): Promise<void> {
  ;[state.here, state.works] = [here, works]
  state.changed()
  await new Promise((resolve) => setImmediate(resolve))
}

test('a file is on the card as soon as it is indexed', async () => {
  const { state, card } = oneModel()
  using _card = card
  await change(state, ['a film', 'a song'])
  expect([state.written, state.looks]).toEqual([[['a film', 'a song']], 0])
})

test('a removal reaches the card at a later look if the card cannot be written', async () => {
  const { state, card } = oneModel()
  using _card = card
  await change(state, [], false)
  expect(state.written).toEqual([])
  state.works = true
  state.look.resolve()
  await expect.poll(() => state.written).toEqual([[]])
})

test('a model that came and went while no card could be written is not on it', async () => {
  const { state, card } = oneModel()
  using _card = card
  await change(state, ['a film', 'a song'], false)
  ;[state.here, state.works] = [['a film'], true]
  state.look.resolve()
  await expect.poll(() => state.written).toEqual([['a film']])
})

test('a GPU that has failed leaves the card at the next look', async () => {
  const { state, card } = oneModel()
  using _card = card
  await change(state, ['a film'])
  state.gpu = false
  state.look.resolve()
  await expect.poll(() => state.written).toEqual([['a film'], ['a film']])
})

test('a disposed card is not written', async () => {
  const { state, card } = oneModel()
  const { changed } = state
  card[Symbol.dispose]()
  changed()
  await change(state, [])
  expect(state.written).toEqual([])
})

test('an unreadable folder is not looked at over and over', async () => {
  const { state, card } = oneModel()
  using _card = card
  state.readable = false
  state.look.resolve()
  await expect.poll(() => state.looks).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(state.looks).toBe(1)
})
