/** Writes dates, sizes, durations and counts as people read them. */
import { words } from '../words/words.ts'

const KIBI = 1024
const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** An age below this is "just now". */
const NOW_MS = 5 * SECOND_MS

/** Returns bytes in binary units with three digits: `1.50 GiB`. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let [value, at] = [bytes, 0]
  while (value >= 1_000 && at < units.length - 1) {
    value /= KIBI
    at += 1
  }
  return `${at === 0 ? value : digits(value)} ${units[at]}`
}

/** Returns a duration with its two largest units: `350 ms`, `1.4 s`, `2 min 5 s`, `3 h 20 min`, `4 d 1 h`. */
export function duration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`
  if (ms < MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`
  if (ms < HOUR_MS) return two(ms, MINUTE_MS, 'min', SECOND_MS, 's')
  if (ms < DAY_MS) return two(ms, HOUR_MS, 'h', MINUTE_MS, 'min')
  return two(ms, DAY_MS, 'd', HOUR_MS, 'h')
}

function two(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / large)
  const rest = Math.floor((ms % large) / small)
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`
}

/** Returns a moment as people say it, seen from `now`: `just now`, `5 min ago`, `in 2 h`. Both in milliseconds since 1970. */
export function age(at: number, now: number): string {
  const away = now - at
  if (Math.abs(away) < NOW_MS) return words.format.justNow
  const far = duration(Math.round(Math.abs(away) / SECOND_MS) * SECOND_MS)
    .replace(/ \d+ (s|min)$/, '')
    .replace('.0 s', ' s')
  return away > 0 ? words.format.ago(far) : words.format.ahead(far)
}

/** Returns a moment in full, by this browser's clock and place. */
export function moment(at: number): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
}

/** Returns a count with spaces between its thousands. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en').replaceAll(',', '\u202f')
}

/** Returns a share from 0 to 1 in per cent. */
export function percent(share: number): string {
  return `${digits(100 * share)} %`
}

/** Returns `1 machine`, `2 machines`. */
export function several(number: number, one: string, many: string): string {
  return `${count(number)} ${number === 1 ? one : many}`
}

function digits(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(2).replace(/\.?0+$/, '')
}
