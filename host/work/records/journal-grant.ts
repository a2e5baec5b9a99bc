/** Stores grants, runs and checked results in the journal. */
import { type Held, nothingKnown, type RunRecord } from '../../mesh/state/held.ts'
import type { ResultSeen } from '../../mesh/state/posted.ts'
import type { ActionHash } from '../../types/events.ts'
import type { WorkContext } from '../context/context.ts'
import type { Journal, JournalValue } from '../journal/port.ts'
import { givenUsage } from './usage.ts'

/** Journals a grant, so that a restart continues it. */
export async function journalGrant(grant: ActionHash, context: WorkContext): Promise<void> {
  const held = context.state().held.get(grant)
  if (!held) return
  const { task, attempt, poster, since, claimed, fallback } = held
  await context.needs.journal.put('runs', grant, { task, attempt, poster, since, claimed, fallback })
  context.dispatch({ type: 'held_journalled', grant })
}

/** Journals the output of a run before anybody is notified of it, and counts the run if it finished. */
export async function journalRun(held: Held, run: RunRecord, context: WorkContext): Promise<void> {
  const { journal, clock } = context.needs
  const work = held.taskEvent?.entry.work
  const whose = work && { work, poster: held.poster, self: context.state().self }
  const usage = whose && run.failed === null ? givenUsage(whose, run.usage, clock.now()) : null
  const value = { ...run, usage: { ...run.usage }, parameters: { ...run.parameters } }
  await journal.batch([
    { type: 'put', bucket: 'outputs', key: held.grant, value },
    ...(usage === null ? [] : [usage]),
  ])
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
