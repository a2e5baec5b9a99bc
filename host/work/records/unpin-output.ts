/** Unpins outputs that are needed no more. */
import { cidOf } from '../../artifacts/cid.ts'
import type { Held } from '../../mesh/state/held.ts'
import type { WorkContext } from '../context/context.ts'

/**
 * Unpins the output of a run, with or without a Result that names it. A public output stays pinned, because the same
 * bytes may be pinned for somebody else. A sealed output is unique.
 */
export async function unpinOutput({ run, result }: Held, context: WorkContext): Promise<void> {
  if (!run?.key) return
  const cid = result?.entry.output?.cid ?? (await cidOf(run.pinned))
  await context.needs.artifacts.unpin(cid, context.signal)
}
