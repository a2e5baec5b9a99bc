/** Reads this machine and its peers for all views, without showing anything. */
import { useEffect } from 'preact/hooks'
import { machine, peers } from '../state/machines.ts'
import { useRead } from '../state/operations.ts'

/** Keeps the shared readings of the machines new. */
export function Lookout() {
  const status = useRead('status', {}, ['peers', 'models', 'health'])
  const seen = useRead('peers', { wide: true }, ['peers', 'models'])
  useEffect(() => {
    if (status.value) machine.value = status.value
  }, [status.value])
  useEffect(() => {
    if (seen.value) peers.value = seen.value.peers
  }, [seen.value])
  return null
}
