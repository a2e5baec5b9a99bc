/** Shows whether a model will run on this machine. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { modelLimits } from '../../../limits/models.ts'
import type { AnswerOf } from '../../daemon/call.ts'
import { count, size } from '../../format/format.ts'
import { inSentence } from '../../format/in-sentence.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { NumberField } from '../../parts/fields.tsx'
import { Facts, State } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction } from '../../state/operations.ts'
import { useSwitch } from '../../state/switch.ts'
import { words } from '../../words/words.ts'

type Fit = AnswerOf<'model.fit'>

interface FitProps {
  /** The name by which the model is looked up. */
  readonly name: string
  /** The name that people read. */
  readonly label: string
}

/** A button that opens the judgement of a model. */
export function FitButton({ name, label }: FitProps) {
  const dialog = useSwitch()
  const { verbs } = words.models
  return (
    <>
      <button
        type="button"
        class="quiet small"
        aria-label={verbs.of(verbs.fit, inSentence(label))}
        onClick={dialog.open}
      >
        {verbs.fit}
      </button>
      {dialog.on && <FitDialog name={name} label={label} onClose={dialog.close} />}
    </>
  )
}

function FitDialog({ name, label, onClose }: FitProps & { onClose: () => void }) {
  const fit = useAction('model.fit')
  const context = useSignal('')
  const { fit: text } = words.models
  const judge = (): void => {
    const tokens = Number(context.value)
    void fit.run({ name, ...(tokens > 0 && { context_tokens: Math.round(tokens) }) })
  }
  useEffect(judge, [])
  const submit = (event: Event): void => {
    event.preventDefault()
    judge()
  }
  return (
    <Dialog title={text.title(inSentence(label))} onClose={onClose}>
      <div aria-live="polite">
        {fit.busy && <p class="under-way">{text.judging}</p>}
        {fit.trouble && <TroubleView trouble={fit.trouble} />}
        {!fit.busy && fit.value && <Verdict fit={fit.value} />}
      </div>
      <form onSubmit={submit}>
        <NumberField
          label={text.context}
          hint={text.contextHint}
          typed={context}
          min={1}
          placeholder={String(modelLimits.fit_context_tokens)}
        />
        <div class="actions">
          <button type="submit" class="quiet" aria-disabled={fit.busy}>
            {text.judge}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

const tones = { fits: 'good', tight: 'warn', does_not_fit: 'bad' } as const

function Verdict({ fit }: { fit: Fit }) {
  const { fit: text } = words.models
  const speed = fit.tokens_per_second
  return (
    <>
      <p class="fit-verdict">
        <State tone={tones[fit.verdict]}>{text.verdicts[fit.verdict]}</State>
      </p>
      {fit.reasons.length > 0 && (
        <ul class="fit-reasons">
          {fit.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <Facts
        facts={[
          [
            text.memory,
            <Bytes key="memory" figure={fit.memory_bytes} more={text.contextOf(count(fit.context_tokens))} />,
          ],
          [text.freeMemory, <Bytes key="free" figure={fit.free_memory} />],
          [text.file, <Bytes key="file" figure={fit.file_bytes} {...(fit.here && { more: text.here })} />],
          [text.freeDisk, <Bytes key="disk" figure={fit.free_disk} />],
          [
            text.speed,
            <>
              {speed.value === null ? '' : `${speed.value} `}
              <span class="hint">
                {[speed.value === null ? '' : speed.basis, fit.speed_note].filter(Boolean).join(': ')}
              </span>
            </>,
          ],
        ]}
      />
      {fit.notes.map((note) => (
        <p key={note} class="hint">
          {note}
        </p>
      ))}
    </>
  )
}

function Bytes({ figure, more }: { figure: Fit['memory_bytes']; more?: string }) {
  const { value, basis } = figure
  return (
    <>
      {value !== null && <span title={`${count(value)} bytes`}>{size(value)} </span>}
      <span class="hint">{[basis, more].filter(Boolean).join(', ')}</span>
    </>
  )
}
