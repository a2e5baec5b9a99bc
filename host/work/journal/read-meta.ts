/** Reads a document of the journal's `meta` bucket. */
import type { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Journal } from './port.ts'

/** Returns the document of a key; null without one. Rejects with `RIPPLE_JOURNAL_CORRUPT` if it does not fit its schema. */
export async function readMeta<Schema extends z.ZodType>(
  journal: Pick<Journal, 'get'>,
  key: string,
  schema: Schema,
): Promise<z.output<Schema> | null> {
  const stored = await journal.get('meta', key)
  if (stored === null) return null
  const read = schema.safeParse(stored)
  if (read.success) return read.data
  throw new RippleError('RIPPLE_JOURNAL_CORRUPT', { file: 'the journal', detail: `'${key}' makes no sense` })
}
