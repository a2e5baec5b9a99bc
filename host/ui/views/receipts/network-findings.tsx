/** Asks the network what a receipt alone cannot show. */
import { base64Of } from '../../format/base64.ts'
import { Sentence } from '../../parts/hash.tsx'
import { Card } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

/** Shows what the network knows about siblings and forks of a receipt's events. */
export function NetworkFindings({ bytes }: { bytes: Uint8Array }) {
  const { network } = words.receipts
  const action = useAction('receipt.siblings')
  const findings = action.value?.findings
  const ask = async (): Promise<void> => {
    await action.run({ base64: await base64Of(new Blob([Uint8Array.from(bytes)])) })
  }
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
        <button type="button" class="quiet" disabled={action.busy} onClick={() => void ask()}>
          {network.ask}
        </button>
      </div>
    </Card>
  )
}
