/** Asks the network what a receipt alone cannot show. */
import { Sentence } from '../../parts/hash.tsx'
import { Card } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

/** Bytes that are encoded in one go: arguments of a call are limited. */
const CHUNK_BYTES = 0x8000

/** Shows what the network knows about siblings and forks of a receipt's events. */
export function NetworkFindings({ bytes }: { bytes: Uint8Array }) {
  const { network } = words.receipts
  const action = useAction('receipt.siblings')
  const findings = action.value?.findings
  return (
    <Card title={network.title}>
      <p class="hint">{network.about}</p>
      {action.trouble && <TroubleView trouble={action.trouble} />}
      <div role="status">
        {findings?.length === 0 && <p>{network.none}</p>}
        {findings && findings.length > 0 && (
          <ul>
            {findings.map((line) => (
              <li key={line}>
                <Sentence text={line} />
              </li>
            ))}
          </ul>
        )}
      </div>
      <div class="actions">
        <button
          type="button"
          class="quiet"
          disabled={action.busy}
          onClick={() => void action.run({ base64: base64Of(bytes) })}
        >
          {network.ask}
        </button>
      </div>
    </Card>
  )
}

function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES))
  return btoa(text)
}
