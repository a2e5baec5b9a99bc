/** Lists the receipts of this machine's tasks. */
import { Card, Empty, Loaded } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { Machine, Name } from '../../parts/names.tsx'
import { Table } from '../../parts/table.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

/** Receipts that are listed, the newest. */
const LISTED = 20

/** Shows the newest tasks that have a receipt. */
export function OwnReceipts() {
  const { receipts } = words
  const read = useRead('task.list', { state: 'accepted' }, ['tasks'])
  return (
    <Card title={receipts.own}>
      <Loaded read={read}>
        {({ tasks }) => {
          const with_receipt = tasks.filter(({ receipt }) => receipt !== null).slice(0, LISTED)
          if (with_receipt.length === 0)
            return (
              <Empty>
                {receipts.ownEmpty} <a href={hrefOf('tasks', ['new'])}>{receipts.firstTask}</a>
              </Empty>
            )
          return (
            <Table
              label={receipts.own}
              rows={with_receipt}
              keyOf={({ task }) => task}
              columns={[
                {
                  head: receipts.ownTable.task,
                  cell: ({ task, prompt, id }) => (
                    <a href={hrefOf('receipts', [task])}>
                      <Name text={prompt || id} />
                    </a>
                  ),
                },
                { head: receipts.ownTable.model, cell: ({ model }) => model && <Name text={model.name} /> },
                {
                  head: receipts.ownTable.worker,
                  cell: ({ worker }) => worker && <Machine agent={worker} />,
                },
                {
                  head: receipts.ownTable.closed,
                  cell: ({ times }) => <Age at={times.closed_at ?? times.posted_at} />,
                },
              ]}
            />
          )
        }}
      </Loaded>
    </Card>
  )
}
