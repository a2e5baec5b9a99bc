/** Hours of the day in minutes since midnight; where `to` is not above `from` they go past midnight. */
export interface Hours {
  readonly from: number
  readonly to: number
}

/** Reads `22:00-06:00`, which the configuration has checked. */
export function parseHours(text: string): Hours {
  const [from = 0, to = 0] = text.split('-').map(minuteOf)
  return { from, to }
}

function minuteOf(text: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number)
  return hour * 60 + minute
}

/** Whether a minute of the day is within some of the hours. The same time twice is the whole day. */
export function isWithin(minute: number, hours: readonly Hours[]): boolean {
  return hours.some(({ from, to }) =>
    from < to ? minute >= from && minute < to : minute >= from || minute < to,
  )
}

/** The minute of the day by the machine's own clock and time zone. */
export function minuteOfDay(at: number): number {
  const date = new Date(at)
  return date.getHours() * 60 + date.getMinutes()
}
