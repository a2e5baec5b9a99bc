/** Reads which allocations run from the entries of their owner. */
import type { Allocation, Requirements } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { Written } from '../../zomes-bindings/generated/shared.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import { isNothing, minus } from './amounts.ts'

/** An allocation that runs. */
export interface Running {
  readonly id: string
  /** The machine that it is a part of. */
  readonly node: AgentKey
  readonly holder: AgentKey
  readonly share: Requirements
  readonly endpoint: string
  readonly expires_at: Millis
  /** The number of its last entry, from 1. */
  readonly version: number
}

/**
 * Returns the key of an allocation's entry. Nothing on a chain is changed, and the zome writes each key once. So a renewal and
 * the end are entries of their own: the second one of `abc` is `abc.2`.
 */
export function entryKey(id: string, version: number): string {
  return version === 1 ? id : `${id}.${version}`
}

/** Returns the allocation and the number of an entry's key. */
export function readKey(key: string): { readonly id: string; readonly version: number } {
  const found = /^([^.]+)\.(\d{1,6})$/.exec(key)
  return found ? { id: found[1] ?? key, version: Number(found[2]) } : { id: key, version: 1 }
}

/** Returns the last entry of each allocation, by its id. */
export function lastEntries(entries: readonly Written<Allocation>[]): Map<string, Running> {
  const last = new Map<string, Running>()
  for (const { author, entry } of entries) {
    const { id, version } = readKey(entry.allocation_id)
    if (version < (last.get(id)?.version ?? 0)) continue
    const { holder, share, endpoint, expires_at } = entry
    last.set(id, { id, node: author, holder, share, endpoint, expires_at, version })
  }
  return last
}

/** Whether an allocation runs: its last entry has not expired, and it does not end it by a share of nothing. */
export function isRunning(
  { share, expires_at }: Pick<Running, 'share' | 'expires_at'>,
  now: Millis,
): boolean {
  return expires_at > now && !isNothing(share)
}

/** Returns what running allocations leave of a capacity. */
export function freeOf(capacity: Requirements, running: readonly Pick<Running, 'share'>[]): Requirements {
  return running.reduce((rest, { share }) => minus(rest, share), capacity)
}
