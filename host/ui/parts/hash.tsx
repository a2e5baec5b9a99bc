/** Shows keys and hashes, of which people read the beginning. */
import { useSignal } from '@preact/signals'
import { partsOf, short } from '../format/sentence-parts.ts'
import { peers } from '../state/machines.ts'
import { words } from '../words/words.ts'

/** Milliseconds for which a copy is confirmed. */
const COPIED_MS = 1_500

/** Shows the beginning of a hash; its whole is on hover, and a button copies it. */
export function Hash({ hash }: { hash: string }) {
  return (
    <span class="hash">
      <code title={hash}>{short(hash)}</code>
      <Copy text={hash} />
    </span>
  )
}

/** Copies a text to the clipboard. */
export function Copy({ text, label = words.parts.copy }: { text: string; label?: string }) {
  const copied = useSignal(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text)
    copied.value = true
    setTimeout(() => {
      copied.value = false
    }, COPIED_MS)
  }
  return (
    <button type="button" class="copy" onClick={() => void copy()}>
      {copied.value ? words.parts.copied : label}
    </button>
  )
}

/** Shows a sentence with known keys as names, and with the beginnings of its hashes. */
export function Sentence({ text }: { text: string }) {
  return (
    <span>
      {partsOf(text).map((part) => {
        if ('text' in part) return part.text
        const name = peers.value.find(({ agent }) => agent === part.hash)?.name
        return (
          <span key={part.hash} title={part.hash}>
            {name && `${name} `}
            <code>{short(part.hash)}</code>
          </span>
        )
      })}
    </span>
  )
}
