/** Joins a network with an invite, as far as a running daemon can. */
import { useSignal } from '@preact/signals'
import type { AnswerOf } from '../../daemon/call.ts'
import { inSentence } from '../../format/in-sentence.ts'
import { quoted } from '../../format/quoted.ts'
import { Command } from '../../parts/command.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Hash } from '../../parts/hash.tsx'
import { Card, Facts, Waiting } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { Name } from '../../parts/names.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { machine } from '../../state/machines.ts'
import { useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

/** Shows the field for a line. An invite is read before it is used, so that a person sees where it leads. */
export function JoinByLine() {
  const typed = useSignal('')
  const read = useAction('invite.read')
  const text = words.join.byLine
  const look = (event: Event): void => {
    event.preventDefault()
    const line = typed.value.trim()
    if (line !== '') void read.run({ line })
  }
  return (
    <Card title={text.title}>
      <p class="hint">{text.about}</p>
      <form onSubmit={look}>
        <TextField label={text.line} typed={typed} rows={3} />
        <div class="actions">
          <button type="submit" disabled={read.busy}>
            {text.read}
          </button>
          {read.busy && (
            <button type="button" class="quiet" onClick={read.stop}>
              {words.parts.stop}
            </button>
          )}
        </div>
      </form>
      {read.busy && <Waiting text={text.reading} />}
      {read.trouble && <TroubleView trouble={read.trouble} />}
      <div aria-live="polite">{read.value && !read.busy && <WayIn invite={read.value} />}</div>
    </Card>
  )
}

type ReadInvite = AnswerOf<'invite.read'>

function WayIn({ invite }: { invite: ReadInvite }) {
  const { network, private: isPrivate, expires_at, once, inviter, line, way } = invite
  const text = words.join.byLine
  const names = words.join.invite
  const data = machine.value?.data ?? ''
  return (
    <>
      <Facts
        facts={[
          [names.network, <Name key="name" text={network} />],
          [words.join.networks.kind, isPrivate ? names.isPrivate : names.isOpen],
          [names.ends, <When key="end" at={expires_at} />],
          [names.uses, once ? names.one : names.many],
          [text.inviter, <Hash key="key" hash={inviter} />],
        ]}
      />
      {way === 'own' && <p class="outcome">{text.own}</p>}
      {way === 'joined' && <p class="outcome">{text.here(network)}</p>}
      {way === 'redeem' && <Redeem line={line} />}
      {way === 'restart' && (
        <>
          <p class="outcome">{text.restart(network)}</p>
          <Command
            text={`ripple down --data ${quoted(data)} && ripple join ${quoted(line)} --data ${quoted(data)}`}
          />
        </>
      )}
    </>
  )
}

function Redeem({ line }: { line: string }) {
  const redeem = useAction('peer.redeem')
  const text = words.join.byLine
  if (redeem.value) return <p class="outcome">{text.joinedWith(inSentence(redeem.value.name))}</p>
  return (
    <>
      <p class="outcome">{text.redeem}</p>
      {redeem.trouble && <TroubleView trouble={redeem.trouble} />}
      {redeem.busy && <Waiting text={text.joining} />}
      <div class="actions">
        <button type="button" disabled={redeem.busy} onClick={() => void redeem.run({ line })}>
          {text.join}
        </button>
      </div>
    </>
  )
}
