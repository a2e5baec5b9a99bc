/** Shows the list of chats. */

import { chatLimits } from '../../../limits/chats.ts'
import type { AnswerOf } from '../../daemon/call.ts'
import { cut } from '../../format/cut.ts'
import { count } from '../../format/format.ts'
import { ConfirmButton } from '../../parts/dialog.tsx'
import { Loaded } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { type Read, useAction } from '../../state/operations.ts'
import { go, hrefOf } from '../../state/route.ts'
import { useSwitch } from '../../state/switch.ts'
import { words } from '../../words/words.ts'

type Rows = AnswerOf<'chat.ls'>

/** Shows the chats, the last changed first; on a narrow screen a button opens the list. */
export function ChatList({ list, open }: { list: Read<Rows>; open: string | null }) {
  const menu = useSwitch()
  const number = list.value?.chats.length ?? 0
  return (
    <section class={`chat-list ${menu.on ? 'open' : ''}`} aria-label={words.ask.chats}>
      <button type="button" class="quiet small toggle" aria-expanded={menu.on} onClick={menu.toggle}>
        {words.ask.chatsOf(count(number))}
      </button>
      <div class="rest">
        <Loaded read={list}>
          {({ chats }) =>
            chats.length === 0 ? (
              <p class="hint">{words.ask.noChats}</p>
            ) : (
              <ul>
                {chats.map((row) => (
                  <Row key={row.id} row={row} isOpen={row.id === open} onOpen={menu.close} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </div>
    </section>
  )
}

interface RowProps {
  readonly row: Rows['chats'][number]
  readonly isOpen: boolean
  readonly onOpen: () => void
}

function Row({ row, isOpen, onOpen }: RowProps) {
  const remove = useAction('chat.rm')
  const { ask } = words
  const title = cut(row.title, chatLimits.chat_title_chars_max) || ask.untitled
  const yes = async (): Promise<void> => {
    const removed = await remove.run({ id: row.id })
    if (removed && isOpen) go(hrefOf('ask'), { replace: true })
  }
  return (
    <li class={isOpen ? 'marked' : undefined}>
      <a
        href={hrefOf('ask', [row.id])}
        aria-current={isOpen ? 'page' : undefined}
        onClick={onOpen}
        dir="auto"
      >
        {title}
      </a>
      <div class="about">
        <span class="soft">{row.running ? ask.states.running : <Age at={row.changed_at} />}</span>
        <ConfirmButton
          label={ask.remove}
          question={ask.removeQuestion(title)}
          onYes={() => void yes()}
          busy={remove.busy}
        />
      </div>
      {remove.trouble && <TroubleView trouble={remove.trouble} />}
    </li>
  )
}
