/** Shows the epochs of the network on the terminal. */
import { epochExport, epochLs } from '../../operations/epoch/shape.ts'
import { table } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { clock } from '../../operations/text.ts'

/** The presentations of the operations on epochs. */
export const epochPresenters: readonly Presenter[] = [
  present(epochLs, {
    render: ({ epochs }, screen) => ({
      lines: table(
        [
          'EPOCH',
          'STATE',
          { head: 'BEGINS', drop: 3 },
          { head: 'ENDS', drop: 2 },
          { head: 'ACTIONS', drop: 4 },
          { head: 'OPEN', drop: 1 },
          { head: 'ARCHIVE', least: 12, drop: 5 },
        ],
        epochs.map(({ epoch, state, begins_at, ends_at, room, open, archive }) => [
          String(epoch),
          state,
          clock(begins_at),
          clock(ends_at),
          room === null ? '-' : `${room.actions} and ${room.reserved} reserved of ${room.max}`,
          String(open),
          archive ?? '-',
        ]),
        screen,
      ),
    }),
  }),
  present(epochExport, { doing: 'writing the archive', render: ({ archive }) => ({ lines: [archive] }) }),
]
