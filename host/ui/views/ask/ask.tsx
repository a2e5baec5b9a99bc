/** Shows the view for chats: their list, and the open one. */
import './ask.css'
import { useEffect } from 'preact/hooks'
import { View } from '../../parts/layout.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf, type Route } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { ChatList } from './chat-list.tsx'
import { ChatView } from './chat-view.tsx'
import { Composer } from './composer.tsx'
import { draftOf } from './drafts.ts'

/** Shows the view. The option `model` of its address chooses the model of a new chat. */
export default function Ask({ route }: { route: Route }) {
  const [chat = null] = route.rest
  const { model } = route.options
  useEffect(() => {
    if (model !== undefined) draftOf(null).model.value = model
  }, [model])
  const list = useRead('chat.ls', {}, ['chat_changed'])
  const fresh = <a href={hrefOf('ask')}>{words.ask.newChat}</a>
  return (
    <View title={words.ask.title} actions={chat !== null && fresh}>
      <div class="chats">
        <ChatList list={list} open={chat} />
        {chat === null ? <NewChat /> : <ChatView key={chat} id={chat} />}
      </div>
    </View>
  )
}

function NewChat() {
  return (
    <div class="chat">
      <p class="soft">{words.ask.begin}</p>
      <Composer key="" chat={null} running={false} />
    </div>
  )
}
