/** Shows an answer's Markdown, of which only the changed blocks are laid out again. */
import { Fragment, type VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { tokensOf } from './read-tokens.ts'
import { blockOf } from './tokens.tsx'

/** A block that is laid out. */
interface Laid {
  readonly raw: string
  readonly node: VNode
}

/** Milliseconds of reading a text, beyond which it is shown as it is while it grows. */
const READ_MS = 60

/** Shows a text as Markdown. While it grows, the blocks before its end keep their elements. */
export function Markdown({ text }: { text: string }) {
  const laid = useRef<readonly Laid[]>([])
  const isSlow = useRef(false)
  const from = performance.now()
  const tokens = isSlow.current ? null : tokensOf(text)
  isSlow.current ||= performance.now() - from > READ_MS
  if (tokens === null)
    return (
      <p class="plain" dir="auto">
        {text}
      </p>
    )
  laid.current = tokens.map((token, at) => {
    const before = laid.current[at]
    if (before?.raw === token.raw) return before
    return { raw: token.raw, node: <Fragment key={at}>{blockOf(token)}</Fragment> }
  })
  return <>{laid.current.map(({ node }) => node)}</>
}
