/** Makes grammar rules for ranges of numbers, digit by digit. */
import { limits } from '../../limits.ts'

/** Bounds of numbers; each bound is within the range unless it is open. */
export interface Range {
  readonly min: number
  readonly max: number
  readonly openMin: boolean
  readonly openMax: boolean
}

/** Digits of the largest integer that every JSON reader reads exactly. */
const DIGITS = 15
/** A bound that every integer of fifteen digits is within. */
export const WIDE = 10 ** DIGITS - 1
/** Most digits after the point, and after the last place of a range's bounds. */
const FINEST = 16
const FINER = 8

/** Returns the rule of the integers from `min` to `max`; there must be at least one. */
export function integerRule(min: number, max: number): string {
  const [low, high] = [Math.max(min, -WIDE), Math.min(max, WIDE)]
  if (high === WIDE && low === -WIDE) return 'integer'
  if (high === WIDE && low === 0) return 'natural'
  const parts: string[] = []
  if (low < 0) parts.push(`"-" ${digitsBetween(BigInt(Math.max(1, -high)), BigInt(-low), 0)}`)
  if (high >= 0) parts.push(digitsBetween(BigInt(Math.max(0, low)), BigInt(high), 0))
  return `(${parts.join(' | ')})`
}

/** Counts the digits after a number's point; null where its text has an exponent. */
export function placesOf(value: number): number | null {
  const [, fraction = ''] = /^-?\d+(?:\.(\d+))?$/.exec(String(value)) ?? [null, null]
  return fraction === null ? null : fraction.length
}

/**
 * Returns the rule of the numbers of a range, without exponents and with at most `finest` digits after the point. Returns
 * null where the range is empty or its bounds have more digits.
 */
export function numberRule({ min, max, openMin, openMax }: Range, finest = FINEST): string | null {
  const [low, high] = [Math.max(min, -WIDE), Math.min(max, WIDE)]
  const [lowPlaces, highPlaces] = [placesOf(low), placesOf(high)]
  const isEmpty = low > high || (low === high && (openMin || openMax))
  if (isEmpty || lowPlaces === null || highPlaces === null) return null
  const places = Math.max(lowPlaces, highPlaces)
  if (places > Math.min(finest, limits.schema_places_max)) return null
  const scaled = (value: number) => BigInt(value.toFixed(places).replace('.', ''))
  const [from, to] = [scaled(low), scaled(high)]
  const parts: string[] = []
  if (from < 0n) {
    const near = to < 0n ? { at: -to, open: openMax } : { at: 0n, open: false }
    parts.push(...between(near, { at: -from, open: openMin }, places, finest).map((part) => `"-" ${part}`))
  }
  if (to >= 0n) {
    const near = from >= 0n ? { at: from, open: openMin } : { at: 0n, open: false }
    parts.push(...between(near, { at: to, open: openMax }, places, finest))
  }
  return parts.length === 0 ? null : `(${parts.join(' | ')})`
}

interface End {
  readonly at: bigint
  readonly open: boolean
}

/** Returns the rules of the unsigned numbers between two ends, in units of the last place. */
function between(near: End, far: End, places: number, finest: number): string[] {
  const left = places === 0 ? finest : Math.min(FINER, finest - places)
  const more = left === 0 ? '' : places === 0 ? `("." [0-9]{1,${left}})?` : `[0-9]{0,${left}}`
  const point = places === 0 ? '"." ' : ''
  const parts: string[] = []
  const first = near.open ? near.at + 1n : near.at
  // Numbers after the near end, and before the next number of so many places.
  if (near.open && near.at < far.at && left > 0)
    parts.push(`${exactly(near.at, places)} ${point}[0-9]{0,${left - 1}} [1-9]`)
  if (first < far.at) parts.push(`${digitsBetween(first, far.at - 1n, places)} ${more}`.trimEnd())
  if (!far.open && first <= far.at) parts.push(exactly(far.at, places))
  return parts
}

function exactly(value: bigint, places: number): string {
  return digitsBetween(value, value, places)
}

/** Returns the rule of the whole numbers from `low` to `high`, written with a point before the last places. */
function digitsBetween(low: bigint, high: bigint, places: number): string {
  const parts: string[] = []
  const shortest = Math.max(places + 1, String(low).length)
  for (let length = shortest; length <= Math.max(shortest, String(high).length); length += 1) {
    const least = length === shortest ? low : 10n ** BigInt(length - 1)
    const most = 10n ** BigInt(length) - 1n
    const [from, to] = [least, high < most ? high : most].map((one) => String(one).padStart(length, '0'))
    if (from !== undefined && to !== undefined && from <= to) parts.push(sameLength(from, to, places))
  }
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' | ')})`
}

/** Returns the rule of the numbers of one length from `low` to `high`. */
function sameLength(low: string, high: string, places: number): string {
  if (low === '') return ''
  const point = low.length === places ? '"." ' : ''
  const [first, last, left, right] = [Number(low[0]), Number(high[0]), low.slice(1), high.slice(1)]
  if (/^0+$/.test(low) && /^9+$/.test(high)) return anyDigits(low.length, places)
  if (first === last) return `${point}"${first}" ${sameLength(left, right, places)}`.trimEnd()
  const parts: string[] = []
  const [isWholeBelow, isWholeAbove] = [/^0*$/.test(left), /^9*$/.test(right)]
  const [from, to] = [isWholeBelow ? first : first + 1, isWholeAbove ? last : last - 1]
  if (!isWholeBelow) parts.push(`"${first}" ${sameLength(left, '9'.repeat(left.length), places)}`)
  if (from <= to)
    parts.push(`${from === to ? `"${from}"` : `[${from}-${to}]`} ${anyDigits(left.length, places)}`.trimEnd())
  if (!isWholeAbove) parts.push(`"${last}" ${sameLength('0'.repeat(right.length), right, places)}`)
  return `${point}${parts.length === 1 ? parts[0] : `(${parts.join(' | ')})`}`
}

function anyDigits(count: number, places: number): string {
  if (count === 0) return ''
  if (places === 0 || count < places) return `[0-9]{${count}}`
  const before = count - places
  return `${before > 0 ? `[0-9]{${before}} ` : ''}"." [0-9]{${places}}`
}
