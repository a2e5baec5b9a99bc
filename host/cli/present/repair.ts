/** Shows the faults of this machine and their fixes on the terminal. */
import { withCommand } from '../../operations/command-name.ts'
import { fields, table } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { doctor, explain, restore } from '../../operations/repair/shape.ts'

/** The presentations of the operations that find and fix faults. */
export const repairPresenters: readonly Presenter[] = [
  present(doctor, {
    render: ({ checks }, screen) => ({
      lines: table(
        ['CHECK', '', { head: 'FOUND', wrap: true }],
        checks.map(({ name, level, detail, fix }) => [
          name,
          level,
          withCommand(fix === null ? detail : `${detail}: ${fix}`, screen.command()),
        ]),
        screen,
      ),
    }),
    exit: ({ checks }) => (checks.some(({ level }) => level === 'fail') ? 1 : 0),
  }),
  present(explain, {
    render: ({ code, message, hint, exit, http }, screen) => ({
      lines: fields(
        [
          ['code', code],
          ['says', message],
          ['hint', withCommand(hint, screen.command())],
          ['exit code', String(exit)],
          ['HTTP status', String(http)],
        ],
        screen,
      ),
    }),
  }),
  present(restore, {
    render: ({ agent, data, aside }, screen) => ({
      lines: fields(
        [
          ['agent', agent],
          ['data', data],
          ['moved to', aside],
        ],
        screen,
      ),
      notes: [
        "keys, journal and receipts stay; now start it with 'ripple up' while a peer that holds the chains is online",
      ],
    }),
  }),
]
