/** Shows the artifacts that are pinned on this machine. */
import type { AnswerOf } from '../../daemon/call.ts'
import { inSentence } from '../../format/in-sentence.ts'
import { ConfirmButton, Dialog } from '../../parts/dialog.tsx'
import { Hash } from '../../parts/hash.tsx'
import { Card, Empty, Loaded } from '../../parts/layout.tsx'
import { Size } from '../../parts/moments.tsx'
import { Machine, Name } from '../../parts/names.tsx'
import { Table } from '../../parts/table.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { type Read, useAction } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { useSwitch } from '../../state/switch.ts'
import { words } from '../../words/words.ts'
import { GetCommand, isForPage, useDownload } from './download.tsx'

type Listing = AnswerOf<'artifact.ls'>
type Artifact = Listing['artifacts'][number]

/** Shows the list. */
export function PinnedCard({ list }: { list: Read<Listing> }) {
  const { list: text } = words.artifacts
  const columns = [
    { head: text.name, cell: (one: Artifact) => <Called artifact={one} /> },
    { head: text.kind, cell: kindOf },
    { head: text.size, cell: ({ bytes }: Artifact) => <Size bytes={bytes} />, figures: true },
    { head: text.cid, cell: ({ cid }: Artifact) => <Hash hash={cid} /> },
    { head: text.heldBy, cell: (one: Artifact) => <Holders artifact={one} /> },
    {
      head: text.actions,
      cell: (one: Artifact) => <Verbs artifact={one} list={list} />,
    },
  ]
  return (
    <Card title={text.title}>
      <Loaded read={list}>
        {({ artifacts }) =>
          artifacts.length === 0 ? (
            <Empty>{text.none}</Empty>
          ) : (
            <>
              <Table label={text.title} columns={columns} rows={artifacts} keyOf={({ cid }) => cid} />
              <p class="hint">{text.about}</p>
            </>
          )
        }
      </Loaded>
    </Card>
  )
}

function Called({ artifact: { name, task } }: { artifact: Artifact }) {
  if (name !== null) return <Name text={name} />
  if (task !== null) return <a href={hrefOf('tasks', [task])}>{inSentence(task)}</a>
  return <span class="soft">{words.artifacts.list.unnamed}</span>
}

function kindOf({ kind, encrypted }: Artifact): string {
  const { kinds } = words.artifacts.list
  return kind === 'answer' && encrypted ? kinds.sealed : kinds[kind]
}

function Holders({ artifact: { held_by } }: { artifact: Artifact }) {
  return (
    <ul class="holders">
      {held_by.map((agent) => (
        <li key={agent}>
          <Machine agent={agent} />
        </li>
      ))}
    </ul>
  )
}

function Verbs({ artifact, list }: { artifact: Artifact; list: Read<Listing> }) {
  const { cid, bytes, name } = artifact
  const { verbs, unpin: question, get } = words.artifacts
  const download = useDownload()
  const pin = useAction('artifact.pin', list)
  const command = useSwitch()
  const label = inSentence(name ?? cid)
  const begin = (): void => {
    if (isForPage(bytes)) void download.run(artifact)
    else command.open()
  }
  const trouble = download.trouble ?? pin.trouble
  return (
    <span class="verbs">
      {download.busy ? (
        <>
          <span role="status">{get.fetching}</span>
          <button type="button" class="quiet small" onClick={download.stop}>
            {words.parts.stop}
          </button>
        </>
      ) : (
        <button
          type="button"
          class="quiet small"
          aria-label={verbs.of(verbs.download, label)}
          onClick={begin}
        >
          {verbs.download}
        </button>
      )}
      <ConfirmButton
        label={verbs.unpin}
        question={question(label)}
        busy={pin.busy}
        onYes={() => void pin.run({ cid, remove: true })}
      />
      {command.on && (
        <Dialog title={verbs.of(verbs.download, label)} onClose={command.close}>
          <GetCommand cid={cid} name={name} bytes={bytes} />
        </Dialog>
      )}
      {trouble && <TroubleView trouble={trouble} />}
    </span>
  )
}
