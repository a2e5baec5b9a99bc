/** Shows what this machine does for others, and pauses it. */
import { useSignal } from '@preact/signals'
import type { AnswerOf } from '../../daemon/call.ts'
import { several, size } from '../../format/format.ts'
import { SelectField } from '../../parts/fields.tsx'
import { Card, Facts, Loaded, State } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { type Read, useAction, useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

type Share = AnswerOf<'share.show'>

const HOUR_MS = 3_600_000
const MIB = 1024 * 1024
/** The pauses that are offered, in milliseconds. */
const PAUSES = [HOUR_MS / 2, HOUR_MS, 4 * HOUR_MS, 12 * HOUR_MS, 24 * HOUR_MS]

const text = words.settings.lending

/** Shows the card; `file` is the configuration file. */
export function Lending({ file }: { file: string | null }) {
  const read = useRead('share.show', {}, ['health'])
  return (
    <Card title={text.title}>
      <Loaded read={read}>
        {(share) => (
          <>
            <p role="status">
              <Taking share={share} />
            </p>
            <Verbs share={share} read={read} />
            <Rules rules={share.rules} />
            {file !== null && <p class="hint">{text.file(file)}</p>}
          </>
        )}
      </Loaded>
    </Card>
  )
}

function Taking({ share: { takes, why, pause, draining } }: { share: Share }) {
  if (takes) return <State tone="good">{text.taking}</State>
  if (draining) return <State tone="warn">{text.draining}</State>
  if (pause === null) return <State tone="off">{text.kept(why ?? '')}</State>
  return (
    <>
      <State tone="warn">{text.paused}</State>{' '}
      {pause.until === null ? (
        text.untilResumed
      ) : (
        <>
          {text.ends} <When at={pause.until} />
        </>
      )}
    </>
  )
}

function Verbs({ share, read }: { share: Share; read: Read<Share> }) {
  const pause = useAction('share.pause', read)
  const resume = useAction('share.resume', read)
  const drain = useAction('drain', read)
  const length = useSignal('')
  const busy = pause.busy || resume.busy || drain.busy
  const trouble = pause.trouble ?? resume.trouble ?? drain.trouble
  return (
    <>
      {trouble && <TroubleView trouble={trouble} />}
      {share.pause === null ? (
        <form
          class="pause"
          onSubmit={(event) => {
            event.preventDefault()
            void pause.run({ for_ms: length.value === '' ? null : Number(length.value) })
          }}
        >
          <SelectField label={text.howLong} chosen={length}>
            <option value="">{text.untilResumed}</option>
            {PAUSES.map((ms) => (
              <option key={ms} value={String(ms)}>
                {text.hours(ms / HOUR_MS)}
              </option>
            ))}
          </SelectField>
          <button type="submit" disabled={busy}>
            {text.pause}
          </button>
        </form>
      ) : (
        <div class="actions">
          <button type="button" disabled={busy} onClick={() => void resume.run({})}>
            {text.resume}
          </button>
        </div>
      )}
      <p class="hint">{text.pauseAbout}</p>
      <div class="actions">
        <button
          type="button"
          class="quiet"
          disabled={busy}
          onClick={() => void drain.run({ off: share.draining })}
        >
          {share.draining ? text.drainOff : text.drain}
        </button>
        <span class="hint">
          {text.drainAbout} {text.held(several(share.held_grants, text.task, text.tasks))}
        </span>
      </div>
    </>
  )
}

function Rules({ rules }: Pick<Share, 'rules'>) {
  return (
    <Facts
      facts={[
        [text.when, rules.hours.join(', ') || text.always],
        [text.used, rules.pause_when_used ? text.nothingTaken : text.taken],
        [text.battery, rules.on_battery ? text.taken : text.nothingTaken],
        [text.threads, rules.cores === null ? text.allButOne : String(rules.cores)],
        [text.memory, rules.memory_mib === null ? text.ofFree : size(rules.memory_mib * MIB)],
        [text.models, rules.models ? words.parts.yes : words.parts.no],
      ]}
    />
  )
}
