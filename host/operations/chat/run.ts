/** Runs the operations on chats. */
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { chatEdit, chatLs, chatRetry, chatRm, chatSend, chatShow, chatStop } from './shape.ts'

/** The operations on chats that can be called. */
export const chatHandlers: readonly Handler<Context>[] = [
  handle(chatLs, async ({ chats }: Context) => ({ chats: await chats.list() })),
  handle(chatShow, ({ chats }: Context, { id }) => chats.show(id)),
  handle(chatSend, ({ chats }: Context, { chat, text, follows, ...settings }, _signal, principal) =>
    chats.send({ chat, text, follows, settings, principal }),
  ),
  handle(chatRetry, ({ chats }: Context, { chat, ...settings }, _signal, principal) =>
    chats.retry(chat, { settings, principal }),
  ),
  handle(chatEdit, ({ chats }: Context, { chat, message, text, ...settings }, _signal, principal) =>
    chats.edit(chat, message, text, { settings, principal }),
  ),
  handle(chatStop, async ({ chats }: Context, { chat }) => ({ stopped: await chats.stop(chat) })),
  handle(chatRm, ({ chats }: Context, { id }) => chats.remove(id)),
]
