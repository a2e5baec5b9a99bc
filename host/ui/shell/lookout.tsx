/** Reads this machine, its peers and what happens for all views, without showing anything. */
import { useEffect } from 'preact/hooks'
import { happened, happenings } from '../state/happenings.ts'
import { useEvents } from '../state/live.ts'
import { machine, peers } from '../state/machines.ts'
import { useRead } from '../state/operations.ts'

/** Keeps the shared readings new. */
export function Lookout() {
  const status = useRead('status', {}, ['peers', 'models', 'health'])
  const seen = useRead('peers', { wide: true }, ['peers', 'models'])
  useEvents((event) => {
    happenings.value = happened(happenings.value, event)
  })
  useEffect(() => {
    if (status.value) machine.value = status.value
  }, [status.value])
  useEffect(() => {
    if (seen.value) peers.value = seen.value.peers
  }, [seen.value])
  return null
}
