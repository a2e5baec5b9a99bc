/** Says how far a pull is, and why it ended. */
import type { Trouble } from '../../daemon/refusal.ts'
import { duration, size } from '../../format/format.ts'
import { words } from '../../words/words.ts'

/** Whether a pull ended because a person paused it, which is not shown as a failure. */
export function isPause({ code }: Trouble): boolean {
  return code === 'RIPPLE_MODEL_PAUSED'
}

/** The progress of a pull, as `model.ls` has it. */
export interface Progress {
  readonly bytes: number
  readonly total: number | null
  readonly bytes_per_s: number | null
}

/** Returns the share that is here, from 0 to 1; 0 while the size is unknown. */
export function shareOf({ bytes, total }: Progress): number {
  return total === null || total === 0 ? 0 : bytes / total
}

/** Returns bytes, speed and the time left, as far as they are known: `40 MiB of 105 MiB, 12 MiB/s, 5.4 s left`. */
export function progressText({ bytes, total, bytes_per_s }: Progress): string {
  const { progress } = words.models
  const left = total === null || !bytes_per_s ? null : Math.max(0, (1_000 * (total - bytes)) / bytes_per_s)
  return [
    total === null ? progress.bytesOnly(size(bytes)) : progress.bytes(size(bytes), size(total)),
    ...(bytes_per_s === null ? [] : [progress.speed(size(bytes_per_s))]),
    ...(left === null ? [] : [progress.left(duration(left))]),
  ].join(', ')
}
