/** Gives the two daemons of a world something to show: tasks, a chat, an artifact, a key, a task that was cancelled. */
import { views } from '../../host/ui/views/views.ts'
import { until } from '../harness/until.ts'
import type { World } from './world.ts'

const PROMPTS = ['Name three rivers.', 'What is a mesh?', 'Write one line about the sea.']

/** A place of the page: a name for files and findings, and its address after `#/`. */
export interface Place {
  readonly name: string
  readonly at: string
}

/** Does what people do in a day. It resolves once each task has closed, with all views and the places within them. */
export async function fill({ mesh, anna, bert }: World): Promise<readonly Place[]> {
  const post = (prompt: string, more: object = {}) =>
    mesh.call<{ id: string; task: string }>('anna', 'task.post', { prompt, max_tokens: 16, ...more })
  const posted = await Promise.all(PROMPTS.map((prompt) => post(prompt)))
  const next = await post('And the longest of them?', { after: posted.slice(0, 1).map(({ id }) => id) })
  const never = await post('Wait for a large machine.', { memory_mib: 9_000_000, force: true })
  await mesh.call('anna', 'task.cancel', { id: never.id })
  for (const { id } of [...posted, next]) await mesh.accepted('anna', id)
  await mesh.call('bert', 'task.post', { prompt: 'Name a mountain.', max_tokens: 8 })
  const chat = await chatOf(mesh)
  await mesh.call('anna', 'artifact.add', {
    base64: btoa('Notes about rivers and mountains.'),
    name: 'rivers.txt',
  })
  await mesh.call('anna', 'key.create', {
    name: 'editor',
    scopes: ['infer', 'read'],
    tokens_per_day: 200_000,
  })
  await until(
    'both see each other',
    async () => (await mesh.sees('anna', bert.ready.agent)) && (await mesh.sees('bert', anna.ready.agent)),
  )
  return [
    ...views.map(({ name }) => ({ name, at: name })),
    { name: 'machine', at: `mesh/${bert.ready.agent}` },
    { name: 'machines', at: 'mesh?as=table' },
    { name: 'chat', at: `ask/${chat}` },
    { name: 'task', at: `tasks/${next.task}` },
    { name: 'task-new', at: 'tasks/new' },
    { name: 'receipt', at: `receipts/${next.task}` },
  ]
}

/** Begins a chat, and waits until its answer is whole. */
async function chatOf(mesh: World['mesh']): Promise<string> {
  const { chat } = await mesh.call<{ chat: string }>('anna', 'chat.send', {
    text: 'Write a list of three **rivers**, with one line about each.',
    max_tokens: 48,
  })
  type Chats = { chats: { id: string; running: boolean }[] }
  await until('the answer of the chat is whole', async () => {
    const { chats } = await mesh.call<Chats>('anna', 'chat.ls')
    return chats.some(({ id, running }) => id === chat && !running)
  })
  return chat
}
