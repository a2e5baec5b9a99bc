/** Reads the available memory. */
import si from 'systeminformation'
import { bounded } from './bounded.ts'

/** Returns the memory that is available to programs, in bytes, with the part that caches would release; null if unknown. */
export async function availableMemory(): Promise<number | null> {
  return (await bounded(si.mem()))?.available ?? null
}
