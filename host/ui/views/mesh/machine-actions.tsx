/** Offers what a person can do with a machine. */
import { peerModelName } from '../../../types/peer-model.ts'
import { inSentence } from '../../format/in-sentence.ts'
import { ConfirmButton } from '../../parts/dialog.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { useAction, useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import type { Machine } from './machines-on-map.ts'

const text = words.mesh

/** Shows the ways on: ask it, its tasks, doctor, and to accept or forget it. */
export function MachineActions({ machine }: { machine: Machine }) {
  const { agent, name, self, details, models } = machine
  const accepted = useRead('peer.ls', self ? null : {}, ['peers'])
  const [accept, forget] = [useAction('peer.accept', accepted), useAction('peer.forget', accepted)]
  const known = accepted.value?.accepted.some((one) => one.agent === agent) === true
  const model = details?.models.find((one) => one.loaded)?.name ?? models[0]
  const trouble = accept.trouble ?? forget.trouble
  return (
    <>
      <div class="actions">
        {model !== undefined && (
          <a href={hrefOf('ask', [], { model: peerModelName(agent, model) })}>{text.ask}</a>
        )}
        <a href={hrefOf('tasks', [], { search: name })}>{text.itsTasks}</a>
        <a href={hrefOf('join', ['doctor'], { with: self ? null : name })}>
          {self ? text.doctor : text.doctorWith}
        </a>
        {machine.waiting === 'here' && (
          <button
            type="button"
            class="small"
            disabled={accept.busy}
            onClick={() => void accept.run({ peer: agent })}
          >
            {text.accept}
          </button>
        )}
        {known && (
          <ConfirmButton
            label={text.forget}
            question={text.forgetQuestion(inSentence(name))}
            busy={forget.busy}
            onYes={() => void forget.run({ peer: agent })}
          />
        )}
      </div>
      {trouble && <TroubleView trouble={trouble} />}
    </>
  )
}
