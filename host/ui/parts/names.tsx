/** Shows names that peers and models chose: cut, apart from the text around them, and as text only. */
import { cut } from '../format/cut.ts'
import { nameOf } from '../state/machines.ts'

/** Characters that are shown of a name, and on hover. */
const NAME_CHARS = 64
const HOVER_CHARS = 1_000

/** Shows a name. Its whole is on hover, or else what `title` says. */
export function Name({ text, title = text }: { text: string; title?: string }) {
  return (
    <bdi class="name" title={cut(title, HOVER_CHARS)}>
      {cut(text, NAME_CHARS)}
    </bdi>
  )
}

/** Shows a machine by its name, with its key on hover. */
export function Machine({ agent }: { agent: string }) {
  return <Name text={nameOf(agent)} title={agent} />
}
