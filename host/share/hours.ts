/** Reads the hours of the day in which a machine is shared. */

/** Hours of the day in minutes since midnight. If `to` is not above `from`, they go past midnight. */
export interface Hours {
  readonly from: number
  readonly to: number
}

/** Parses hours such as `22:00-06:00`, which the configuration has checked. */
export function parseHours(text: string): Hours {
  const [from = 0, to = 0] = text.split('-').map(minuteOf)
  return { from, to }
}

function minuteOf(text: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number)
  return hour * 60 + minute
}

/** Whether a minute of the day is within any of the hours. The same time twice means the whole day. */
export function isWithin(minute: number, hours: readonly Hours[]): boolean {
  return hours.some(({ from, to }) =>
    from < to ? minute >= from && minute < to : minute >= from || minute < to,
  )
}

/** Returns the minute of the day by the machine's own clock and time zone. */
export function minuteOfDay(at: number): number {
  const date = new Date(at)
  return date.getHours() * 60 + date.getMinutes()
}
