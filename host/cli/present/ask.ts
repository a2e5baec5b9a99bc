/** Shows the answer of a model on the terminal. */
import type { z } from 'zod'
import { ask } from '../../operations/ask/shape.ts'
import { type CompletionCall, present } from '../../operations/present.ts'
import { originNotes } from '../../operations/text.ts'
import { earlyHead } from '../../types/early-head.ts'

/** The presentation of `ask`: the command prints the answer as it comes. */
export const askPresenter = present(ask, {
  completion: completionOf,
  render: ({ response, ...end }) => ({ lines: [response], notes: originNotes(end) }),
})

/** Returns the same question for `POST /v1/completions`, which streams the answer in pieces. */
function completionOf({
  key,
  trace_id,
  data_class,
  task_type,
  ...rest
}: z.output<typeof ask.input>): CompletionCall {
  const metadata = task_type === null ? {} : { metadata: { task_type } }
  return {
    headers: {
      ...(key === null ? {} : { 'x-ripple-key': key }),
      ...(trace_id === null ? {} : { 'x-ripple-trace': trace_id }),
      'x-ripple-data-class': data_class,
      [earlyHead.name]: earlyHead.value,
    },
    body: { ...rest, ...metadata, template: 'auto', stream: true },
  }
}
