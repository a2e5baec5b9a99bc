/** Shows the address of the page on the terminal. */
import { CODE_SECONDS, openPage } from '../../operations/page/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'

/** The presentation of `open`. */
export const openPresenter: Presenter = present(openPage, {
  render: ({ url, opened }) => ({
    lines: [url],
    notes: [
      opened
        ? "where no page comes up: 'ripple open --print' prints an address for any browser of this machine"
        : `lets one page in, within ${CODE_SECONDS} seconds`,
    ],
  }),
})
