/** Shows the verdict about a receipt on the terminal. */
import { type Presenter, present } from '../../operations/present.ts'
import { receiptSiblings, verify } from '../../operations/receipt/shape.ts'

/** The presentations of the operations that judge a receipt. */
export const receiptPresenters: readonly Presenter[] = [
  present(receiptSiblings, { render: ({ findings }) => ({ lines: siblingLines(findings) }) }),
  present(verify, {
    doing: 'verifying',
    render: ({ file, one_sided, shown, not_shown, replay, online }) => ({
      lines: [
        `verified: ${file}`,
        ...(one_sided ? ['note: one-sided, it has no Close'] : []),
        '',
        'Shown:',
        ...indented(shown),
        '',
        'Not shown by the receipt alone:',
        ...indented(not_shown),
        ...(replay === null ? [] : ['', `Replay: ${replay.detail}`]),
        ...(online === null ? [] : ['', 'Online:', ...indented(siblingLines(online))]),
      ],
    }),
    exit: ({ replay }) => (replay?.same === false ? 1 : 0),
  }),
]

function siblingLines(findings: readonly string[]): readonly string[] {
  return findings.length === 0 ? ['no sibling and no fork is known here'] : findings
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
