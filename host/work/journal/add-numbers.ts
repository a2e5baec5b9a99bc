/** Adds numbers to those of a document in the journal. */
import type { JournalValue } from './port.ts'

/** Returns a document with the numbers of another one added to its own. Other fields are replaced. */
export function addNumbers(
  before: JournalValue | null,
  more: { readonly [field: string]: JournalValue },
): JournalValue {
  const kept = before as { readonly [field: string]: JournalValue } | null
  const added = Object.entries(more).map(([field, value]) => {
    const old = kept?.[field]
    return [field, typeof value === 'number' && typeof old === 'number' ? old + value : value] as const
  })
  return { ...kept, ...Object.fromEntries(added) }
}
