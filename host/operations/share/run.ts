/** Runs the operations on what this machine does for others. */
import type { z } from 'zod'
import type { DeepReadonly } from '../../types/deep-readonly.ts'
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { sharePause, shareResume, shareShow, type shareView } from './shape.ts'

type ShareView = DeepReadonly<z.input<typeof shareView>>

/** The operations on sharing that can be called. */
export const shareHandlers: readonly Handler<Context>[] = [
  handle(shareShow, (context: Context, _given, signal) => viewOf(context, signal)),
  handle(sharePause, async (context: Context, { for_ms, off }, signal) => {
    const until = for_ms === null ? null : Date.now() + for_ms
    await context.sharing.changePause(off ? null : { until })
    return viewOf(context, signal)
  }),
  handle(shareResume, async (context: Context, _given, signal) => {
    await context.sharing.changePause(null)
    return viewOf(context, signal)
  }),
]

async function viewOf({ sharing, status }: Context, signal: AbortSignal): Promise<ShareView> {
  const { draining, held_grants } = await status(signal)
  const why = sharing.why()
  return {
    takes: why === null && !draining,
    why,
    pause: sharing.pause(),
    draining,
    held_grants,
    rules: sharing.rules,
  }
}
