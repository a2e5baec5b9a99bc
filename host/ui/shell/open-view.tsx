/** Loads and shows the view of the address. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Empty, Waiting } from '../parts/layout.tsx'
import type { Route } from '../state/route.ts'
import { type ViewComponent, views } from '../views/views.ts'
import { words } from '../words/words.ts'

/** Shows a view, loading its code first. The title gets the focus when another view opens, so a screen reader says it. */
export function OpenView({ route }: { route: Route }) {
  const shown = useSignal<{ name: string; View: ViewComponent | null } | null>(null)
  const isFirst = useRef(true)
  const { view } = route
  useEffect(() => {
    const entry = views.find(({ name }) => name === view)
    document.title = `${words.views[view] ?? view} · Ripple`
    if (!entry) {
      shown.value = null
      return
    }
    let isWanted = true
    entry.load().then(
      ({ default: View }) => {
        if (isWanted) shown.value = { name: view, View }
      },
      () => {
        if (isWanted) shown.value = { name: view, View: null }
      },
    )
    return () => {
      isWanted = false
    }
  }, [view])
  const ready = shown.value?.name === view
  useEffect(() => {
    if (!ready) return
    if (!isFirst.current) document.querySelector<HTMLElement>('main h1')?.focus()
    isFirst.current = false
  }, [ready, view])
  if (!views.some(({ name }) => name === view)) return <Empty>{words.shell.unknownView(view)}</Empty>
  if (!ready || !shown.value) return <Waiting />
  const { View } = shown.value
  if (View === null) return <Empty>{words.shell.viewFailed}</Empty>
  return <View route={route} />
}
