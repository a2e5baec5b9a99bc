/** Shows the daemon's log on the terminal. */
import type { z } from 'zod'
import { type logLineView, logs } from '../../operations/logs/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'

/** The presentation of the log, which with `follow` asks again for what comes after. */
export const logsPresenter: Presenter = present(logs, {
  render: ({ lines }) => ({ lines: lines.map(lineText) }),
  next: (input, { cursor }) => (input.follow ? { ...input, after: cursor } : null),
})

function lineText({ at, level, text, fields }: z.output<typeof logLineView>): string {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  return `${new Date(at).toISOString()} ${level.padEnd(5)} ${text}${rest.join('')}`
}
