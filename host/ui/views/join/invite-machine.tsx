/** Makes invites. */
import { useSignal } from '@preact/signals'
import type { AnswerOf } from '../../daemon/call.ts'
import { quoted } from '../../format/quoted.ts'
import { CheckField, SelectField } from '../../parts/fields.tsx'
import { Copy } from '../../parts/hash.tsx'
import { Card, Facts } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { Name } from '../../parts/names.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { LongLine } from './long-line.tsx'
import { Qr } from './qr.tsx'

/** Milliseconds for which an invite is good unless another time is chosen. */
const DEFAULT_MS = '86400000'

/** Shows the form, and the made invite as a QR code and as a line. Only a founder makes delegates. */
export function InviteMachine({ isFounder }: { isFounder: boolean }) {
  const invite = useAction('invite')
  const lasts = useSignal(DEFAULT_MS)
  const [once, spoken, delegate] = [useSignal(false), useSignal(false), useSignal(false)]
  const text = words.join.invite
  const make = (event: Event): void => {
    event.preventDefault()
    const given = { once: once.value, spoken: spoken.value, delegate: delegate.value }
    void invite.run({ expires_ms: Number(lasts.value), ...given })
  }
  return (
    <Card title={text.title}>
      <p class="hint">{text.about}</p>
      <form onSubmit={make}>
        <SelectField label={text.expires} chosen={lasts}>
          {text.lasts.map(({ text: name, ms }) => (
            <option key={ms} value={String(ms)}>
              {name}
            </option>
          ))}
        </SelectField>
        <CheckField label={text.once} checked={once} />
        <CheckField label={text.spoken} hint={text.spokenHint} checked={spoken} />
        {isFounder && <CheckField label={text.delegate} checked={delegate} />}
        <div class="actions">
          <button type="submit" disabled={invite.busy}>
            {text.make}
          </button>
        </div>
      </form>
      {invite.trouble && <TroubleView trouble={invite.trouble} />}
      <div aria-live="polite">{invite.value && <Made invite={invite.value} />}</div>
    </Card>
  )
}

function Addresses({ all }: { all: readonly string[] }) {
  return (
    <ul class="addresses">
      {all.map((one) => (
        <li key={one}>
          <code>{one}</code>
        </li>
      ))}
    </ul>
  )
}

function Made({ invite }: { invite: AnswerOf<'invite'> }) {
  const text = words.join.invite
  const { line, code, network, expires_at, once, addresses } = invite
  return (
    <div class="invite">
      <p class="unseen">{text.made}</p>
      <Qr text={line} label={text.qr(network)} />
      <div class="line">
        <h3>{text.line}</h3>
        <LongLine text={line} label={text.lineOf} />
        <Copy text={line} label={text.copyLine} />
        <Copy text={`ripple join ${quoted(line)}`} label={words.parts.copyCommand} />
        <p class="hint">{text.command}</p>
        {code !== null && (
          <>
            <p class="hint">{text.words}</p>
            <p class="spoken">{code}</p>
          </>
        )}
      </div>
      <Facts
        facts={[
          [text.network, <Name key="name" text={network} />],
          [text.ends, <When key="end" at={expires_at} />],
          [text.uses, once ? text.one : text.many],
          [text.addresses, addresses.length > 0 ? <Addresses all={addresses} /> : text.noAddress],
        ]}
      />
    </div>
  )
}
