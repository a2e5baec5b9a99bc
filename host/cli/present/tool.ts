/** Shows the tools of MCP servers and their answers on the terminal. */
import { list } from '../../operations/layout.ts'
import { present } from '../../operations/present.ts'
import { toolCall, toolLs } from '../../operations/tool/shape.ts'
import { oneLine } from '../../types/text/plain-text.ts'

/** The presentation of `tool ls`. */
export const toolsPresenter = present(toolLs, {
  render: ({ servers }, screen) => {
    const rows = servers.flatMap(({ server, tools }) =>
      tools.map(({ name, data_classes, about }) => [
        server,
        oneLine(name),
        data_classes.join(', ') || 'nothing',
        oneLine(about),
      ]),
    )
    const head = [
      { head: 'SERVER', least: 8 },
      { head: 'TOOL', least: 12 },
      { head: 'MAY HAVE', least: 8 },
      { head: 'ABOUT', least: 12, drop: 1 },
    ]
    const none = "none yet; add a server under 'mcp' in the configuration, as docs/tools.md shows"
    const notes = servers.flatMap(({ server, failure }) =>
      failure === null ? [] : [`${server}: ${oneLine(failure)}`],
    )
    return list(head, rows, { none, screen, notes })
  },
})

/** The presentation of `tool call`. */
export const toolPresenter = present(toolCall, {
  render: ({ text, failed }) => ({
    lines: text.split('\n').map(oneLine),
    notes: failed ? ['the tool reports that it failed'] : [],
  }),
})
