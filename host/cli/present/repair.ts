/** Shows the faults of this machine and their fixes on the terminal. */
import { withCommand } from '../../operations/command-name.ts'
import { fields, paragraph, table } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { doctor, doctorBundle, explain, restore } from '../../operations/repair/shape.ts'
import { size } from '../../operations/text.ts'

/** The presentations of the operations that find and fix faults. */
export const repairPresenters: readonly Presenter[] = [
  present(doctor, {
    render: ({ checks, conclusion, code }, screen) => ({
      lines:
        code === null
          ? [
              ...table(
                ['CHECK', '', { head: 'FOUND', wrap: true }],
                checks.map(({ name, of, level, detail, fix }) => [
                  of === null ? name : `${name} (${of})`,
                  level,
                  withCommand(fix === null ? detail : `${detail}: ${fix}`, screen.command()),
                ]),
                screen,
              ),
              ...paragraph(withCommand(conclusion, screen.command()), screen),
            ]
          : [code],
    }),
    exit: ({ checks }) => (checks.some(({ level }) => level === 'fail') ? 1 : 0),
  }),
  present(doctorBundle, {
    doing: 'checking this machine',
    render: ({ file, bytes, entries }) => ({
      lines: [file],
      notes: [
        `${size(bytes)}: ${entries.join(', ')}`,
        'secrets are masked, addresses and names of machines are not: look through it before you send it',
      ],
    }),
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
