/** Follows the daemon's log while the page is shown. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { pageLimits } from '../../../limits/page.ts'
import { type AnswerOf, call, type InputOf } from '../../daemon/call.ts'
import type { Trouble } from '../../daemon/refusal.ts'
import { link } from '../../state/live.ts'
import { key, refused } from '../../state/session.ts'

type LogPage = AnswerOf<'logs'>

/** The level of a line. */
export type Level = NonNullable<InputOf<'logs'>['level']>

/** The log as far as it was read; null before the first answer. */
export interface FollowedLog {
  readonly page: LogPage | null
  readonly trouble: Trouble | null
}

/** Reads the newest lines from a level on, and then each new one, until the component goes or the page is hidden. */
export function useLog(level: Level, follow: boolean): FollowedLog {
  const page = useSignal<LogPage | null>(null)
  const trouble = useSignal<Trouble | null>(null)
  // The link is off while the tab is hidden or signed out.
  const isOn = link.value !== 'off'
  useEffect(() => {
    page.value = null
  }, [level])
  useEffect(() => {
    if (!isOn || (!follow && page.value !== null)) return
    const stop = new AbortController()
    const read = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const before = page.value
        try {
          const after = before?.cursor ?? null
          const input = { level, limit: pageLimits.page_log_lines_max, after, follow: before !== null }
          const next = await call('logs', input, key.value, stop.signal)
          if (stop.signal.aborted) return
          page.value = joined(before, next)
          trouble.value = null
        } catch (thrown) {
          if (stop.signal.aborted) return
          trouble.value = refused(thrown)
          await new Promise((resolve) => setTimeout(resolve, pageLimits.page_follow_pause_ms))
        }
        if (!follow) return
      }
    }
    void read()
    return () => stop.abort()
  }, [level, follow, isOn])
  return { page: page.value, trouble: trouble.value }
}

/** Returns the newest lines of both, oldest first. */
function joined(before: LogPage | null, next: LogPage): LogPage {
  if (before === null) return next
  const lines = [...before.lines, ...next.lines]
  const most = pageLimits.page_log_lines_max
  return { ...next, lines: lines.slice(-most), more: before.more || next.more || lines.length > most }
}
