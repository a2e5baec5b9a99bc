/** Shows the settings that the daemon runs with, and where each value comes from. */
import { useSignal } from '@preact/signals'
import type { AnswerOf } from '../../daemon/call.ts'
import { CheckField } from '../../parts/fields.tsx'
import { Copy } from '../../parts/hash.tsx'
import { Card, Empty, Loaded } from '../../parts/layout.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import type { Read } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

type Shown = AnswerOf<'config.show'>
type Setting = Shown['settings'][number]

const text = words.settings.configuration

const columns: readonly Column<Setting>[] = [
  {
    head: text.setting,
    cell: ({ name, about }) => (
      <span class="setting">
        <code>{name}</code>
        <span class="hint">{about}</span>
      </span>
    ),
  },
  { head: text.value, cell: ({ value }) => <Value value={value} /> },
  { head: text.from, cell: ({ from }) => text.origins[from] },
]

/** Shows the card. */
export function Configuration({ configuration }: { configuration: Read<Shown> }) {
  const isAll = useSignal(false)
  return (
    <Card title={text.title}>
      <Loaded read={configuration}>
        {({ file, settings }) => {
          const shown = settings.filter(({ from }) => isAll.value || from !== 'default')
          return (
            <>
              <p class="hint">
                {text.about} <code>{file}</code> <Copy text={file} />
              </p>
              <CheckField label={text.all} checked={isAll} />
              {shown.length === 0 ? (
                <Empty>{text.none}</Empty>
              ) : (
                <Table label={text.title} columns={columns} rows={shown} keyOf={({ name }) => name} />
              )}
            </>
          )
        }}
      </Loaded>
    </Card>
  )
}

function Value({ value }: Pick<Setting, 'value'>) {
  if (value === null || (Array.isArray(value) && value.length === 0))
    return <span class="soft">{words.parts.none}</span>
  if (typeof value === 'boolean') return value ? words.parts.yes : words.parts.no
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ')
  if (typeof value === 'object') return <code class="document">{JSON.stringify(value, null, 2)}</code>
  return <bdi>{String(value)}</bdi>
}
