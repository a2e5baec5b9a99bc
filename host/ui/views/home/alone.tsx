/** Explains a mesh without other machines. */
import { Empty } from '../../parts/layout.tsx'
import { peers } from '../../state/machines.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

/** Explains an empty mesh and offers the one next step. Nothing is shown once another machine is known. */
export function Alone() {
  const text = words.home.alone
  // This machine is in the list once it has been read.
  if (peers.value.length === 0 || peers.value.some(({ self }) => !self)) return null
  return (
    <Empty>
      <h2>{text.title}</h2>
      <p>{text.about}</p>
      <a class="button" href={hrefOf('join')}>
        {text.invite}
      </a>
    </Empty>
  )
}
