/** Runs the operation that counts the work of machines for each other. */
import { utcDay } from '../../types/utc-day.ts'
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { usage } from './shape.ts'

/** The operation on use that can be called. */
export const usageHandler: Handler<Context> = handle(usage, async (context: Context, { days }, signal) => {
  const now = Date.now()
  const [rows, peers] = await Promise.all([context.usage(days, now), context.peers(signal)])
  const names = new Map(peers.map(({ agent, card }) => [agent, card.agent_name]))
  return {
    today: utcDay(now),
    days,
    rows: rows.map((row) => ({ ...row, name: names.get(row.peer) ?? null })),
  }
})
