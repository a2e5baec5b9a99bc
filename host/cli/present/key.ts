/** Shows the keys of programs on the terminal. */
import { keyCreate, keyLs, keyRm } from '../../operations/key/shape.ts'
import { list } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'

/** The presentations of the operations on keys. */
export const keyPresenters: readonly Presenter[] = [
  present(keyCreate, {
    render: ({ name, key, scopes }) => ({
      lines: [key],
      notes: [`'${name}' may ${scopes.join(', ')}; this is the only time that its key is shown`],
    }),
  }),
  present(keyLs, {
    render: ({ keys }, screen) =>
      list(
        [
          { head: 'NAME', least: 8 },
          'SCOPES',
          { head: 'ASKS', drop: 2 },
          { head: 'TOKENS IN', drop: 1 },
          { head: 'TOKENS OUT', drop: 1 },
          'OF',
        ],
        keys.map(({ name, scopes, tokens_per_day, today }) => [
          name,
          scopes.join(', '),
          String(today.requests),
          String(today.tokens_in),
          String(today.tokens_out),
          tokens_per_day === null ? 'any' : String(tokens_per_day),
        ]),
        { none: 'none', screen },
      ),
  }),
  present(keyRm, { render: ({ name }) => ({ lines: [], notes: [`'${name}' is refused from now on`] }) }),
]
