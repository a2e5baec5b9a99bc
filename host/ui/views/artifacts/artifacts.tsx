/** Shows what is pinned on this machine, adds files and fetches contents. */
import { View } from '../../parts/layout.tsx'
import { useEvents } from '../../state/live.ts'
import { useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { AddForm } from './add-form.tsx'
import './artifacts.css'
import { GetForm } from './get-form.tsx'
import { PinnedCard } from './pinned.tsx'

/** Shows the view of artifacts. */
export default function Artifacts() {
  const list = useRead('artifact.ls', {})
  // An accepted answer is pinned. Commands pin without an event.
  useEvents((event) => {
    if (event.type === 'task_state' && event.state === 'accepted') list.again()
  })
  const refresh = (
    <button type="button" class="quiet small" onClick={list.again}>
      {words.parts.refresh}
    </button>
  )
  return (
    <View title={words.views.artifacts ?? ''} actions={refresh}>
      <p class="hint">{words.artifacts.about}</p>
      <PinnedCard list={list} />
      <AddForm list={list} />
      <GetForm list={list} />
    </View>
  )
}
