/** Runs the operations on strangers of a local network. */
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { peerAccept, peerForget, peerLs, peerRedeem } from './shape.ts'

/** The operations on strangers that can be called. */
export const peerHandlers: readonly Handler<Context>[] = [
  handle(peerAccept, async ({ strangers }: Context, { peer }) => ({ ...(await strangers.accept(peer)) })),
  handle(peerLs, async ({ strangers }: Context) => {
    const { open, accepted } = strangers.list()
    return { open, accepted: accepted.map((one) => ({ ...one })) }
  }),
  handle(peerForget, async ({ strangers }: Context, { peer }) => ({ ...(await strangers.forget(peer)) })),
  handle(peerRedeem, async ({ strangers }: Context, { line }) => ({ ...(await strangers.redeem(line)) })),
]
