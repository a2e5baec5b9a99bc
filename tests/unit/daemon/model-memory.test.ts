import { expect, test } from 'vitest'
import { ModelMemory, watchModels } from '../../../host/daemon/model-memory.ts'

/** What happens at a machine with three models, where so much memory is to be had at one look after the other. */
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
  const changed = async (): Promise<void> => {
    happened.push(`${look}: card by ${memory.most()}`)
    if (fails.includes(look)) throw new TypeError('no conductor')
  }
  let read: string[] = []
  using _watch = watchModels({
    modelMemory: memory,
    models: {
      present: () => [...[1, 5, 8].map(sized), ...read.map((sha256) => ({ sha256, bytes: 1 }))],
      scanUnread: async () => {
        read = unread[look] ?? read
      },
    },
    changed,
    clock: { sleep },
    log: { warn: () => void happened.push(`${look}: warned`) },
  })
  await over.promise
  return happened
}

const sized = (bytes: number) => ({ sha256: `of ${bytes}`, bytes })

test('a model for which there was too little memory at the start is named once there is enough', async () => {
  expect(await watched([4, 4, 6, 6])).toEqual(['2: card by 6'])
})

test('a card is not written anew because memory comes and goes', async () => {
  expect(await watched([6, 4, 6, 1, 7, 6, 9, 2, 9])).toEqual(['6: card by 9'])
})

test('what could not be written is written at the next look', async () => {
  expect(await watched([4, 6, 6, 6], [1])).toEqual(['1: card by 6', '1: warned', '2: card by 6'])
})

test('a file that could be looked at only after the start is named then, and once more when it was away', async () => {
  const unread = [[], [], ['a film'], ['a film'], [], ['a film']]
  expect(await watched([6, 6, 6, 6, 6, 6, 6], [], unread)).toEqual(['2: card by 6', '5: card by 6'])
})
