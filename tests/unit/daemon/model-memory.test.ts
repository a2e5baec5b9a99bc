import { expect, test } from 'vitest'
import { keepModelCard, ModelMemory } from '../../../host/daemon/model-memory.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'

/** Runs a machine with three models on which each look in turn finds the given free memory. */
async function watched(
  looks: readonly number[],
  fails: readonly number[] = [],
  unread: readonly string[][] = [],
): Promise<string[]> {
  const happened: string[] = []
  const over = Promise.withResolvers<void>()
  let look = 0
  const memory = new ModelMemory(() => looks[look] ?? 0)
  memory.most()
  const sleep = async (_ms: number, signal: AbortSignal): Promise<void> => {
    look += 1
    if (look < looks.length) return
    over.resolve()
    await new Promise((_, reject) => signal.addEventListener('abort', reject))
  }
  const publish = async (): Promise<void> => {
    happened.push(`${look}: card by ${memory.most()}`)
    if (fails.includes(look)) throw new TypeError('no conductor')
  }
  let read: string[] = []
  using _card = keepModelCard({
    modelMemory: memory,
    models: {
      present: () => [...[1, 5, 8].map(sized), ...read.map((sha256) => ({ sha256, bytes: 1 }))],
      refresh: async () => {
        read = unread[look] ?? read
      },
      whenRead: never,
    },
    publish,
    clock: { sleep },
    log: { warn: () => void happened.push(`${look}: warned`) },
  })
  await over.promise
  return happened
}

const never = () => new Promise<void>(() => {})
const sized = (bytes: number) => ({ sha256: `of ${bytes}`, bytes })

test('a model that lacked memory at the start is named once there is enough', async () => {
  expect(await watched([4, 4, 6, 6])).toEqual(['2: card by 6'])
})

test('a card is not rewritten because memory comes and goes', async () => {
  expect(await watched([6, 4, 6, 1, 7, 6, 9, 2, 9])).toEqual(['6: card by 9'])
})

test('a card that could not be written is written at the next look', async () => {
  expect(await watched([4, 6, 6, 6], [1])).toEqual(['1: card by 6', '1: warned', '2: card by 6'])
})

test('a file that was unread at the start is named later, unless it is away', async () => {
  const unread = [[], [], ['a film'], ['a film'], [], ['a film']]
  expect(await watched([6, 6, 6, 6, 6, 6, 6], [], unread)).toEqual([
    '2: card by 6',
    '4: card by 6',
    '5: card by 6',
  ])
})

/** A card of a machine with one model, which is written where `works` says so. */
function oneModel() {
  const state = {
    coming: [] as string[],
    read: Promise.withResolvers<void>(),
    readable: true,
    looks: 0,
    works: true,
    here: ['a film'],
    look: Promise.withResolvers<void>(),
    written: [] as string[][],
  }
  const memory = new ModelMemory(() => 1)
  memory.most()
  const card = keepModelCard({
    modelMemory: memory,
    models: {
      present: () => state.here.map((sha256) => ({ sha256, bytes: 1 })),
      refresh: async () => {
        state.looks += 1
        if (!state.readable) throw new TypeError('no such folder')
        state.here = [...state.here, ...state.coming.splice(0)]
      },
      whenRead: () => state.read.promise,
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
    log: { warn: () => {} },
  })
  return { state, card }
}

test('a removal succeeds without a card and reaches the card at a later look', async () => {
  const { state, card } = oneModel()
  using _card = card
  ;[state.here, state.works] = [[], false]
  await card.changed(new AbortController().signal)
  expect(state.written).toEqual([])
  state.works = true
  state.look.resolve()
  await expect.poll(() => state.written).toEqual([[]])
})

test('a model that came and went while no card could be written is not on it', async () => {
  const { state, card } = oneModel()
  using _card = card
  ;[state.here, state.works] = [['a film', 'a song'], false]
  await card.changed(new AbortController().signal)
  ;[state.here, state.works] = [['a film'], true]
  state.look.resolve()
  await expect.poll(() => state.written).toEqual([['a film']])
})

test('a caller who gives up does not wait for the card, which is still written', async () => {
  const { state, card } = oneModel()
  using _card = card
  await card.changed(AbortSignal.abort())
  await expect.poll(() => state.written).toEqual([['a film']])
})

test('a file is on the card as soon as it has been read', async () => {
  const { state, card } = oneModel()
  using _card = card
  state.coming = ['a song']
  state.read.resolve()
  state.read = Promise.withResolvers()
  await expect.poll(() => state.written).toEqual([['a film', 'a song']])
})

test('an unreadable folder is not looked at over and over', async () => {
  const { state, card } = oneModel()
  using _card = card
  state.readable = false
  state.read.resolve()
  await expect.poll(() => state.looks).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(state.looks).toBe(1)
})
