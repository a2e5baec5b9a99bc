/** Shows the installation of Ripple on the terminal. */
import { toolsExport, toolsServe } from '../../operations/install/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { size } from '../../operations/text.ts'

/** The presentations of the operations that install and remove Ripple. */
export const installPresenters: readonly Presenter[] = [
  present(toolsExport, {
    doing: 'packing the programs',
    render: ({ file, bytes, take }) => ({
      lines: [take],
      notes: [
        `${file}, ${size(bytes)}: put it into the clone on the other machine or on a web server, and type the line there, with the path or URL that it then has`,
      ],
    }),
  }),
  present(toolsServe, {
    doing: 'packing the programs',
    render: ({ bytes, take }) => ({
      lines: [take],
      notes: [
        `type the line in the clone on the other machine: it takes ${size(bytes)} and checks the sha256`,
        'the programs are served until Ctrl-C',
      ],
    }),
  }),
]
