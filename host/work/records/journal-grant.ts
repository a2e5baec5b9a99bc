/** Stores grants, runs and checked results in the journal. */
import { type Held, nothingKnown, type RunRecord } from '../../mesh/state/held.ts'
import type { ResultSeen } from '../../mesh/state/posted.ts'
import type { ActionHash } from '../../types/events.ts'
import type { WorkContext } from '../context/context.ts'
import type { Journal, JournalValue } from '../journal/port.ts'

/** Journals a grant, so that a restart continues it. */
export async function journalGrant(grant: ActionHash, context: WorkContext): Promise<void> {
  const held = context.state().held.get(grant)
  if (!held) return
  const { task, attempt, poster, since, claimed, fallback } = held
  await context.needs.journal.put('runs', grant, { task, attempt, poster, since, claimed, fallback })
  context.dispatch({ type: 'held_journalled', grant })
}

/** Journals the output of a run before anybody is notified of it. */
export async function journalRun(grant: ActionHash, run: RunRecord, journal: Journal): Promise<void> {
  await journal.put('outputs', grant, { ...run, usage: { ...run.usage }, parameters: { ...run.parameters } })
}

/**
 * Journals a checked result, with the salt and key of its output, before it is accepted. Each result has its own entry:
 * of two that are checked at a time, either may become the accepted one.
 */
export async function journalResult(seen: ResultSeen, journal: Journal): Promise<void> {
  // Documents and bytes all the way down, as the journal wants them; the type says so only field by field.
  await journal.put('secrets', seen.authority, seen as unknown as JournalValue)
}

/** Returns the checked results that the journal holds. */
export async function journaledResults(journal: Journal): Promise<ResultSeen[]> {
  const kept = await journal.entries('secrets')
  return kept.map(([, seen]) => seen as unknown as ResultSeen)
}

/** Returns the grants that the journal holds, with the output of their runs. */
export async function journaledGrants(journal: Journal): Promise<Held[]> {
  const outputs = new Map(await journal.entries('outputs'))
  const runs = await journal.entries('runs')
  return runs.map(([grant, value]) => {
    // Both were written by the two functions above; the journal keeps documents as they are.
    const kept = value as unknown as Pick<
      Held,
      'task' | 'attempt' | 'poster' | 'since' | 'claimed' | 'fallback'
    >
    const run = (outputs.get(grant) ?? null) as unknown as RunRecord | null
    return { ...nothingKnown, ...kept, knownAt: kept.since, journalled: true, grant, run }
  })
}
