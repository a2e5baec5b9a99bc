/** Guards the files of this machine that a caller names. */
import { RippleError } from '../errors/ripple-error.ts'
import type { Principal } from '../types/principal.ts'

/**
 * Refuses a caller without the scope `admin` who names a file to read or write: among the owner's files are the keys. Throws
 * `RIPPLE_SCOPE_REFUSED`.
 */
export function guardFile(file: string | null, { name, scopes }: Principal): void {
  if (file !== null && !scopes.includes('admin'))
    throw new RippleError('RIPPLE_SCOPE_REFUSED', { name, scope: 'admin' })
}
