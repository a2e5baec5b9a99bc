/** Shows the memory and the disk that models have on this machine. */
import type { AnswerOf } from '../../daemon/call.ts'
import { size } from '../../format/format.ts'
import { inSentence } from '../../format/in-sentence.ts'
import { Bar, Card, Facts, Loaded } from '../../parts/layout.tsx'
import { Size } from '../../parts/moments.tsx'
import { useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

/** The share of the budget above which a bar warns. */
const TIGHT = 0.9

type Memory = AnswerOf<'model.memory'>

/** Shows the budget of models, its part on the GPU, and the free disk. */
export function MemoryCard() {
  const read = useRead('model.memory', {}, ['models'])
  const { memory: text } = words.models
  return (
    <Card title={text.title}>
      <Loaded read={read}>
        {(memory) => (
          <>
            <BudgetBar memory={memory} />
            <VramBar memory={memory} />
            <p class="hint">{text.about}</p>
            <Facts facts={factsOf(memory)} />
            <p class="hint">{text.folderHint}</p>
          </>
        )}
      </Loaded>
    </Card>
  )
}

function BudgetBar({ memory: { budget_bytes: budget, used_bytes: used } }: { memory: Memory }) {
  const { memory: text } = words.models
  if (budget === null) return <p>{text.unbounded(size(used))}</p>
  return <ShareBar label={text.models} used={used} all={budget} text={text.of(size(used), size(budget))} />
}

/** The memory of a GPU is filled first, so loaded models take at most what they take in all. */
function VramBar({ memory: { gpu, used_bytes } }: { memory: Memory }) {
  const { memory: text } = words.models
  if (gpu === null || gpu.budget_bytes === 0) return null
  const used = Math.min(used_bytes, gpu.budget_bytes)
  const figures = text.vramOf(size(used), size(gpu.budget_bytes), size(gpu.vram_bytes))
  return (
    <ShareBar
      label={text.vram(inSentence(gpu.devices.join(', ')))}
      used={used}
      all={gpu.budget_bytes}
      text={figures}
    />
  )
}

function ShareBar({ label, used, all, text }: { label: string; used: number; all: number; text: string }) {
  const share = all === 0 ? 0 : used / all
  return <Bar label={label} share={share} text={text} tone={share > TIGHT ? 'tight' : 'plain'} />
}

function factsOf({ gpu, free_bytes, free_disk_bytes, folder }: Memory): Parameters<typeof Facts>[0]['facts'] {
  const { memory: text } = words.models
  const shares = gpu !== null && gpu.budget_bytes === 0
  return [
    [text.free, free_bytes === null ? null : <Size key="free" bytes={free_bytes} />],
    [text.gpu, gpu === null ? text.noGpu : shares ? text.shared(inSentence(gpu.devices.join(', '))) : null],
    [text.disk, <Size key="disk" bytes={free_disk_bytes} />],
    [text.folder, <code key="folder">{folder}</code>],
  ]
}
