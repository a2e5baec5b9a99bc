/** Gives the two daemons of a world something to show: tasks, answers, an artifact, keys, a question that failed. */
import { until } from '../harness/until.ts'
import type { World } from './world.ts'

const PROMPTS = ['Name three rivers.', 'What is a mesh?', 'Write one line about the sea.']

/** Does what people do in a day. It resolves once each task has closed. */
export async function fill({ mesh, anna, bert }: World): Promise<void> {
  const post = (prompt: string, more: object = {}) =>
    mesh.call<{ id: string }>('anna', 'task.post', { prompt, max_tokens: 16, ...more })
  const posted = await Promise.all(PROMPTS.map((prompt) => post(prompt)))
  const [first] = posted
  const next = await post('And the longest of them?', { after: first ? [first.id] : [] })
  const never = await post('Wait for a large machine.', { memory_mib: 9_000_000, force: true })
  await mesh.call('anna', 'task.cancel', { id: never.id })
  for (const { id } of [...posted, next]) await mesh.accepted('anna', id)
  await mesh.call('bert', 'task.post', { prompt: 'Name a mountain.', max_tokens: 8 })
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
}
