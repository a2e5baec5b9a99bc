import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openChats } from '../../../host/chats/open-chats.ts'
import { ChatStore } from '../../../host/chats/store.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import { eventHub } from '../../../host/telemetry/events.ts'
import { silentLog } from '../../../host/telemetry/log.ts'
import type { Chat, ChatSettings } from '../../../host/types/chat.ts'
import { owner } from '../../../host/types/principal.ts'
import { inPieces, StandInInference, type Told, untilAborted } from '../api/openai-stand-in.ts'

const settings: ChatSettings = {
  ...{ model: 'ripple/auto', system: '', temperature: 0.5, max_tokens: 9, seed: 7 },
  data_class: 'internal',
}
const asking = { settings, principal: owner }

async function opened(tell: () => Told = () => ({}), file = ':memory:') {
  const inference = new StandInInference(tell)
  const hub = eventHub(silentLog, Date.now)
  const chats = openChats({ inference, clock: { now: Date.now }, emit: hub.emit, file })
  const send = (text: string, chat: string | null = null, follows: string | null = null) =>
    chats.send({ chat, text, follows, ...asking })
  /** Resolves with the chat once no answer is under way. */
  const settled = async (id: string): Promise<Chat> => {
    const { promise, resolve } = Promise.withResolvers<Chat>()
    const look = async (): Promise<void> => {
      const [row] = await chats.list()
      if (row?.running === false) resolve(await chats.show(id))
    }
    const off = hub.follow({ kinds: ['chats'] }, () => void look())
    return promise.finally(off)
  }
  /** Resolves once a piece of text has arrived. */
  const begun = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const off = hub.follow({ kinds: ['chats'] }, ({ type }) => type === 'chat_text' && resolve())
    return promise.finally(off)
  }
  return { inference, hub, chats, send, settled, begun }
}

async function fileIn(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-chats-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'chats.sqlite')
}

const answersOf = ({ turns }: Chat) =>
  turns.map(({ text, answers }) => [text, answers.map(({ state, text: said }) => `${state} ${said}`)])

test('a message is answered in the daemon, with what was said before and the settings', async () => {
  const { inference, send, settled } = await opened()
  const { chat } = await send('One?')
  const first = await settled(chat)
  expect(first).toMatchObject({ title: 'One?', settings })
  expect(first.turns[0]?.answers[0]).toMatchObject({
    ...{ state: 'done', text: 'Hello world', error: null, task_key: 'task-0123456789abcdef' },
    end: { finish: 'stop', peer: 'uhCAkone', receipts: ['/receipts/uhCkktask.receipt'] },
  })
  await send('Two?', chat)
  await settled(chat)
  expect(inference.asked[1]).toMatchObject({
    ...{ model: 'ripple/auto', seed: 7, max_tokens: 9, temperature_milli: 500, data_class: 'internal' },
    principal: owner,
    input: {
      messages: [
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: 'Hello world' },
        { role: 'user', content: 'Two?' },
      ],
    },
  })
})

test('the pieces of an answer arrive as events with their places, and the text so far is shown', async () => {
  const { hub, chats, send, begun } = await opened(() => ({ pieces: untilAborted }))
  const { chat, answer } = await send('One?')
  await begun()
  expect(answersOf(await chats.show(chat))).toEqual([['One?', ['running Hello']]])
  const seen: unknown[] = []
  hub.follow({ kinds: ['chats'] }, (event) => event.type === 'chat_text' && seen.push(event))
  expect(seen).toEqual([expect.objectContaining({ chat, answer, offset: 0, text: 'Hello' })])
  await expect(send('Two?', chat)).rejects.toMatchObject({ code: 'RIPPLE_CHAT_RUNNING' })
  await expect(chats.retry(chat, asking)).rejects.toMatchObject({ code: 'RIPPLE_CHAT_RUNNING' })
  expect(await chats.stop(chat)).toBe(true)
  expect(await chats.stop(chat)).toBe(false)
  expect(answersOf(await chats.show(chat))).toEqual([['One?', ['stopped Hello']]])
})

test('a retry adds an answer to the last message, and the next message follows the chosen one', async () => {
  let n = 0
  const { inference, chats, send, settled } = await opened(() => {
    n += 1
    return { pieces: () => inPieces(`answer ${n}`), end: { text: `answer ${n}` } }
  })
  const { chat } = await send('One?')
  const first = await settled(chat)
  await chats.retry(chat, asking)
  expect(answersOf(await settled(chat))).toEqual([['One?', ['done answer 1', 'done answer 2']]])
  await send('Two?', chat, first.turns[0]?.answers[0]?.id ?? null)
  await settled(chat)
  const { input } = inference.asked.at(-1) ?? expect.unreachable()
  expect(input).toMatchObject({ messages: [{}, { role: 'assistant', content: 'answer 1' }, {}] })
  await expect(send('Three?', chat, 'unknown')).rejects.toMatchObject({ code: 'RIPPLE_CHAT_UNKNOWN' })
})

test('a changed message replaces what followed it', async () => {
  const { inference, chats, send, settled } = await opened()
  const { chat, message } = await send('One?')
  await settled(chat)
  await send('Two?', chat)
  await settled(chat)
  await chats.edit(chat, message, 'Three?', asking)
  const after = await settled(chat)
  expect(answersOf(after)).toEqual([['Three?', ['done Hello world']]])
  expect(after.title).toBe('Three?')
  expect(inference.asked.at(-1)?.input).toMatchObject({ messages: [{ role: 'user', content: 'Three?' }] })
})

test('a failure is a state of the answer, with its code and hint', async () => {
  const error = new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: 'x', nearest: 'none' })
  const { chats, send, settled } = await opened(() => {
    throw error
  })
  const { chat } = await send('One?')
  await settled(chat)
  const { code, message, hint } = error
  expect((await chats.show(chat)).turns[0]?.answers[0]).toMatchObject({
    state: 'failed',
    error: { code, message, hint },
  })
})

test('a removed chat is gone, and its answer ends', async () => {
  const { inference, chats, send, begun } = await opened(() => ({ pieces: untilAborted }))
  const { chat } = await send('One?')
  await begun()
  expect(await chats.remove(chat.slice(0, 8))).toEqual({ id: chat, title: 'One?' })
  expect(inference.signals[0]?.aborted).toBe(true)
  expect(await chats.list()).toEqual([])
  await expect(chats.show(chat)).rejects.toMatchObject({ code: 'RIPPLE_CHAT_UNKNOWN' })
})

describe('the file of chats', () => {
  test('chats outlive the daemon, for their owner alone, and a cut-off answer says so', async () => {
    const file = await fileIn()
    const one = await opened(() => ({ pieces: untilAborted }), file)
    const { chat } = await one.send('One?')
    await one.begun()
    await one.chats[Symbol.asyncDispose]()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const other = await opened(undefined, file)
    expect(answersOf(await other.chats.show(chat))).toEqual([['One?', ['cut_off Hello']]])
    await other.chats[Symbol.asyncDispose]()
  })

  test('an answer of a daemon that was killed is marked as cut off', async () => {
    const file = await fileIn()
    const one = await opened(() => ({ pieces: untilAborted }), file)
    const { chat } = await one.send('One?')
    await one.begun()
    // The killed daemon's file: its answer is under way there.
    const other = await opened(undefined, file)
    expect(answersOf(await other.chats.show(chat))).toEqual([['One?', ['cut_off ']]])
    await other.chats[Symbol.asyncDispose]()
    await one.chats[Symbol.asyncDispose]()
  })

  test('the file holds nothing of a removed chat', async () => {
    const file = await fileIn()
    const { chats, send, settled } = await opened(undefined, file)
    const { chat } = await send('a secret word')
    await settled(chat)
    expect((await readFile(file)).includes('a secret word')).toBe(true)
    await chats.remove(chat)
    await chats[Symbol.asyncDispose]()
    expect((await readFile(file)).includes('a secret word')).toBe(false)
  })

  test('a damaged file is named, and stays as it is', async () => {
    const file = await fileIn()
    await writeFile(file, 'not a database, but long enough to be read as one'.repeat(50))
    const { chats } = await opened(undefined, file)
    await expect(chats.list()).rejects.toMatchObject({ code: 'RIPPLE_CHATS_DAMAGED', facts: { file } })
  })
})

test.each([
  ['messages', { turns: limits.chat_turns_max, chars: 1 }],
  ['characters', { turns: 2, chars: limits.chat_chars_max / 2 }],
])('a chat that is full of %s takes no more', async (what, { turns, chars }) => {
  const file = await fileIn()
  const store = new ChatStore(file)
  const head = { id: 'full', title: 't', created_at: 1, changed_at: 1, settings }
  store.together(() => {
    store.putHead(head)
    for (let n = 0; n < turns; n += 1)
      store.putMessage('full', n, { id: `m${n}`, at: 1, text: 'x'.repeat(chars), follows: null })
  })
  store[Symbol.dispose]()
  const { chats, send } = await opened(undefined, file)
  await expect(send('one more', 'full')).rejects.toMatchObject({ code: 'RIPPLE_CHAT_FULL', facts: { what } })
  await chats[Symbol.asyncDispose]()
})
