/** Shares one stream of the daemon's events among all views. */
import { effect, signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { EventKind, StreamEvent } from '../../telemetry/catalogue.ts'
import { followEvents } from '../daemon/event-stream.ts'
import { key, refused } from './session.ts'

/** The kinds that every page follows. The pieces of answers that programs ask for are of another kind. */
const followedKinds = ['tasks', 'chats', 'peers', 'models', 'health', 'policy'] as const satisfies EventKind[]

/** The state of the page's link: `lost` while the daemon does not answer. */
export const link = signal<'off' | 'opening' | 'open' | 'lost'>('off')

type Hear = (event: StreamEvent) => void
const readers = new Set<Hear>()

/**
 * Follows the events while the tab is shown and signed in. A browser keeps few connections to one server, and the streams of
 * hidden tabs would use them up. Returns a function that ends it.
 */
export function startLive(): () => void {
  const shown = signal(!document.hidden)
  const look = (): void => {
    shown.value = !document.hidden
  }
  document.addEventListener('visibilitychange', look)
  const end = effect(() => {
    if (key.value === null || !shown.value) {
      link.value = 'off'
      return
    }
    const following = new AbortController()
    link.value = 'opening'
    followEvents(followedKinds, key.value, { heard, linked }, following.signal).catch(refused)
    return () => following.abort()
  })
  return () => {
    document.removeEventListener('visibilitychange', look)
    end()
  }
}

function heard(event: StreamEvent): void {
  for (const hear of readers) hear(event)
}

function linked(open: boolean): void {
  link.value = open ? 'open' : 'lost'
}

/** Calls `hear` for each event of the stream, until the component goes. On a new page the kept events of the past come first. */
export function useEvents(hear: Hear): void {
  const newest = useRef(hear)
  newest.current = hear
  useEffect(() => {
    const read: Hear = (event) => newest.current(event)
    readers.add(read)
    return () => void readers.delete(read)
  }, [])
}
