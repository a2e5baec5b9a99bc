/** Shows the daemon's log on the terminal. */
import type { z } from 'zod'
import { type logLineView, logs, logsLevel } from '../../operations/logs/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'

/** The presentations of the operations on the log. With `follow`, the log asks again for what comes after. */
export const logsPresenters: readonly Presenter[] = [
  present(logs, {
    render: ({ lines }) => ({ lines: lines.map(lineText) }),
    next: (input, { cursor }) => (input.follow ? { ...input, after: cursor } : null),
  }),
  present(logsLevel, { render: ({ level, was }) => ({ lines: [`${level}, before ${was}`] }) }),
]

function lineText({ at, level, text, fields }: z.output<typeof logLineView>): string {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  return `${new Date(at).toISOString()} ${level.padEnd(5)} ${text}${rest.join('')}`
}
