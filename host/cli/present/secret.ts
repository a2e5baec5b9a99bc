/** Shows the secrets of the data folder on the terminal. */
import { list } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { secretLs, secretRm, secretSet } from '../../operations/secret/shape.ts'

/** The presentations of the operations on secrets. */
export const secretPresenters: readonly Presenter[] = [
  present(secretSet, { render: ({ name }) => ({ lines: [], notes: [`'${name}' is kept`] }) }),
  present(secretLs, {
    render: ({ secrets }, screen) =>
      list(
        [{ head: 'NAME', least: 12 }, 'FROM'],
        secrets.map(({ name, from }) => [name, from]),
        { none: "none yet; keep one with 'ripple secret set NAME --stdin'", screen },
      ),
  }),
  present(secretRm, { render: ({ name }) => ({ lines: [], notes: [`'${name}' is forgotten`] }) }),
]
