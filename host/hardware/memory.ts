import si from 'systeminformation'
import { bounded } from './bounded.ts'

/** Memory that programs could have now, in bytes, with what caches would give back; null where that is not known. */
export async function availableMemory(): Promise<number | null> {
  return (await bounded(si.mem()))?.available ?? null
}
