import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../../host/limits.ts'
import type { Messages } from '../../host/net/port.ts'
import type { AgentKey } from '../../host/types/events.ts'
import type { Message } from '../../host/types/message.ts'
import { actionHash, agentKey } from '../unit/net/agents.ts'

/** Two daemons' messages that reach each other. */
export interface MessagesPair extends AsyncDisposable {
  readonly a: { readonly agent: AgentKey; readonly messages: Messages }
  readonly b: { readonly agent: AgentKey; readonly messages: Messages }
}

const claim: Message = { type: 'claim', task: actionHash('t') }

/** Waits for the next message that arrives. */
export function nextMessage(messages: Messages): Promise<{ from: AgentKey; message: Message }> {
  return new Promise((resolve) => {
    const stop = messages.onMessage((from, message) => {
      stop()
      resolve({ from, message })
    })
  })
}

/** Tests an implementation of the port `Messages`. */
export function messagesConformance(name: string, open: () => Promise<MessagesPair>): void {
  describe(`messages: ${name}`, () => {
    let pair: MessagesPair
    const deadline = () => AbortSignal.timeout(limits.message_send_ms)
    beforeAll(async () => {
      pair = await open()
    })
    afterAll(() => pair[Symbol.asyncDispose]())

    it('a message arrives with its sender, in both directions', async () => {
      const atB = nextMessage(pair.b.messages)
      await pair.a.messages.send(pair.b.agent, claim, deadline())
      expect(await atB).toEqual({ from: pair.a.agent, message: claim })
      const atA = nextMessage(pair.a.messages)
      await pair.b.messages.send(pair.a.agent, claim, deadline())
      expect(await atA).toEqual({ from: pair.b.agent, message: claim })
    })

    it('a message keeps its bytes, up to a whole payload', async () => {
      const payload = new Uint8Array(limits.prompt_bytes_max).fill(3)
      const message: Message = {
        type: 'payload',
        task: actionHash('t'),
        attempt: 1,
        salt: new Uint8Array(32),
        payload,
        prefix: '',
      }
      const atB = nextMessage(pair.b.messages)
      await pair.a.messages.send(pair.b.agent, message, deadline())
      const got = (await atB).message
      expect(got.type === 'payload' && Buffer.from(got.payload).equals(payload)).toBe(true)
      expect(got.type === 'payload' && got.salt).toBeInstanceOf(Uint8Array)
    })

    it('200 messages sent at once all arrive', async () => {
      const indexes = new Set<number>()
      const stop = pair.b.messages.onMessage((_from, message) => {
        if (message.type === 'tokens') indexes.add(message.offset)
      })
      const tokens = (offset: number): Message => ({
        type: 'tokens',
        task: actionHash('t'),
        attempt: 1,
        offset,
        text: 'x',
        tokens_out: offset,
        last: false,
      })
      await Promise.all(
        Array.from({ length: 200 }, (_, at) => pair.a.messages.send(pair.b.agent, tokens(at), deadline())),
      )
      await expect.poll(() => indexes.size).toBe(200)
      stop()
    })

    it('a message to the own agent arrives', async () => {
      const atA = nextMessage(pair.a.messages)
      await pair.a.messages.send(pair.a.agent, claim, deadline())
      expect(await atA).toEqual({ from: pair.a.agent, message: claim })
    })

    it('a message to an unknown agent is refused', async () => {
      const sent = pair.a.messages.send(agentKey('z'), claim, deadline())
      await expect(sent).rejects.toMatchObject({ code: 'RIPPLE_PEER_UNKNOWN' })
    })

    it('a removed handler gets no message', async () => {
      const seen: Message[] = []
      pair.b.messages.onMessage((_from, message) => seen.push(message))()
      const atB = nextMessage(pair.b.messages)
      await pair.a.messages.send(pair.b.agent, claim, deadline())
      await atB
      expect(seen).toEqual([])
    })
  })
}
