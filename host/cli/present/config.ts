/** Shows the configuration on the terminal. */
import { configShow } from '../../operations/config/shape.ts'
import { table } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'

/** The presentation of the configuration. */
export const configPresenter: Presenter = present(configShow, {
  render: ({ file, settings }, screen) => ({
    lines: table(
      [{ head: 'SETTING', least: 12 }, 'FROM', { head: 'VALUE', wrap: true }],
      settings.map(({ name, from, value }) => [
        name,
        from,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
      screen,
    ),
    notes: [`the file is ${file}; a change counts from the next start`],
  }),
})
