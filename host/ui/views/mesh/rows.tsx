/** Shows rows, of which the first ones stand there at once. */
import type { ComponentChildren } from 'preact'
import { mapLimits } from '../../../limits/map.ts'
import { useSwitch } from '../../state/switch.ts'
import { words } from '../../words/words.ts'

interface RowsProps<T> {
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  readonly row: (row: T) => ComponentChildren
}

/** Shows a list of rows, with a button for the rest of a long one. */
export function Rows<T>({ rows, keyOf, row }: RowsProps<T>) {
  const all = useSwitch()
  const most = all.on ? rows.length : mapLimits.map_card_rows_max
  if (rows.length === 0) return null
  return (
    <>
      <ul class="rows">
        {rows.slice(0, most).map((one) => (
          <li key={keyOf(one)}>{row(one)}</li>
        ))}
      </ul>
      {rows.length > most && (
        <button type="button" class="quiet small" onClick={all.open}>
          {words.mesh.showAll(rows.length)}
        </button>
      )}
    </>
  )
}
