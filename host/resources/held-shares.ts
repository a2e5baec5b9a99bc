/** Keeps the allocations that this machine holds of others, across restarts. */
import { z } from 'zod'
import type { AlarmClock } from '../types/clock.ts'
import type { AgentKey } from '../types/events.ts'
import { amountSchema } from '../types/resource-ask.ts'
import type { Journal } from '../work/journal/port.ts'
import { readMeta } from '../work/journal/read-meta.ts'
import { isRunning, type Running } from './running.ts'

/** The journal's key for the list. */
const KEY = 'allocations-held'

const stored = z.array(
  z.strictObject({
    id: z.string(),
    node: z.string(),
    holder: z.string(),
    share: amountSchema,
    endpoint: z.string(),
    expires_at: z.number(),
    version: z.number(),
  }),
)

/** The parts of the list. */
export interface HeldSharesNeeds {
  readonly journal: Pick<Journal, 'get' | 'put'>
  readonly clock: Pick<AlarmClock, 'now' | 'after'>
  /** Called when the list has changed. */
  changed(): void
}

/** Allocations of other machines that this one holds. */
export interface HeldShares extends Disposable {
  list(): Running[]
  /** Adds or renews one, and resolves once the journal has it. */
  put(running: Running): Promise<void>
  /** Removes one of a machine. */
  remove(node: AgentKey, id: string): Promise<void>
}

/** Reads the list of the last run. Rejects with `RIPPLE_JOURNAL_CORRUPT`. */
export async function openHeldShares({ journal, clock, changed }: HeldSharesNeeds): Promise<HeldShares> {
  let all: Running[] = (await readMeta(journal, KEY, stored)) ?? []
  let off = (): void => {}
  const list = () => all.filter((one) => isRunning(one, clock.now()))
  const tell = (): void => {
    off()
    all = list()
    const ends = all.map(({ expires_at }) => expires_at)
    if (ends.length > 0) off = clock.after(Math.max(0, Math.min(...ends) - clock.now()), tell)
    changed()
  }
  const change = async (next: Running[]): Promise<void> => {
    all = next
    tell()
    await journal.put(
      'meta',
      KEY,
      all.map((one) => ({ ...one, share: { ...one.share, tags: [...one.share.tags] } })),
    )
  }
  const without = (node: AgentKey, id: string) => all.filter((one) => one.node !== node || one.id !== id)
  tell()
  return {
    list,
    put: (running) => change([...without(running.node, running.id), running]),
    remove: async (node, id) => {
      const rest = without(node, id)
      // A peer may name what was never held.
      if (rest.length < all.length) await change(rest)
    },
    [Symbol.dispose]: () => off(),
  }
}
