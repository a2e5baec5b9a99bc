/** Opens a receipt: the one of a task, or a file, and verifies it in this browser. */
import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Report } from '../../../../zomes-bindings/generated/receipt.ts'
import { type Trouble, troubleOf } from '../../daemon/refusal.ts'
import { key, refused } from '../../state/session.ts'
import { type SignedEntry, signedEntries } from './signed-entries.ts'
import { fetchReceipt, verifyBytes, withRules } from './verify-receipt.ts'

/** A receipt that was read, with the result of its verification. */
export interface Opened {
  /** Its path on the daemon's machine, or the name of the file that a person chose. */
  readonly file: string
  readonly bytes: Uint8Array
  readonly report: Report
  /** The entries of a receipt that holds; none otherwise. */
  readonly entries: readonly SignedEntry[]
  /** sha256 of the rules. */
  readonly rules: string
}

/** A receipt's file before it is verified. */
export interface ReceiptBytes {
  readonly path: string
  readonly bytes: Uint8Array
}

function verified({ path, bytes }: ReceiptBytes): Promise<Opened> {
  return withRules((rules) => {
    const report = verifyBytes(bytes, rules)
    const entries = report.ok ? signedEntries(bytes, rules) : []
    return { file: path, bytes, report, entries, rules: rules.sha256 }
  })
}

/** The opened receipt, or the reason why it could not be read; neither while it is read. */
export interface Opening {
  readonly opened: Opened | null
  readonly trouble: Trouble | null
}

/** Reads and verifies a receipt: of a task by its id, or the bytes that a person chose. */
export function useOpened(source: string | ReceiptBytes): Opening {
  const now: Signal<Opening> = useSignal<Opening>({ opened: null, trouble: null })
  useEffect(() => {
    let isWanted = true
    now.value = { opened: null, trouble: null }
    const show = (value: Opening): void => {
      if (isWanted) now.value = value
    }
    void open(source).then(show)
    return () => {
      isWanted = false
    }
  }, [source])
  return now.value
}

async function open(source: string | ReceiptBytes): Promise<Opening> {
  try {
    const mine = key.value
    const file = typeof source !== 'string' ? source : await fetchReceipt(source, mine ?? '')
    return { opened: await verified(file), trouble: null }
  } catch (thrown) {
    return { opened: null, trouble: typeof source === 'string' ? refused(thrown) : troubleOf(thrown) }
  }
}
