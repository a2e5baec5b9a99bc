/** Shows moments, durations and sizes: short to read, exact on hover. */
import { signal } from '@preact/signals'
import { age, count, duration, moment, size } from '../format/format.ts'

/** How often ages are written again, in milliseconds. */
const AGE_MS = 5_000

/** This browser's clock, for ages. */
const now = signal(Date.now())
setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, AGE_MS)

/** Shows how long ago a moment was, in milliseconds since 1970. */
export function Age({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      {age(at, Math.max(now.value, at))}
    </time>
  )
}

/** Shows a moment that may lie ahead. */
export function When({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      {age(at, now.value)}
    </time>
  )
}

/** Shows a duration in milliseconds. */
export function Duration({ ms }: { ms: number }) {
  return <span title={`${count(ms)} ms`}>{duration(ms)}</span>
}

/** Shows a size in bytes. */
export function Size({ bytes }: { bytes: number }) {
  return <span title={`${count(bytes)} bytes`}>{size(bytes)}</span>
}
