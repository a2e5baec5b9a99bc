import { randomUUID } from 'node:crypto'
import type { EntryOf } from '../../host/types/events.ts'
import { close, task } from '../tryorama/entries.ts'
import type { Member } from './mesh.ts'
import type { RawAgent } from './raw-agent.ts'

/** A tag that no machine carries: what asks for it stays open until it is cancelled. */
const NOWHERE = 'bench:nowhere'

/** Makes the request of a task that no machine can run. */
export function stuck(bytes = 64) {
  const prompt = 'Say yes. '.repeat(Math.ceil(bytes / 9)).slice(0, bytes)
  return {
    key: randomUUID(),
    prompt,
    max_tokens: 1,
    attempts: 1,
    tags: [NOWHERE],
    force: true,
    timeout_ms: 7_200_000,
  }
}

/** A Task as the daemon writes it for such a wish, with an agent's own hashes in it. */
export function rawTask(dnaHash: string): EntryOf<'Task'> {
  const requirements = {
    cpu_cores: 0,
    memory_mib: 0,
    disk_mib: 0,
    gpu_count: 0,
    vram_mib: 0,
    tags: [NOWHERE],
  }
  return task(dnaHash, { id: randomUUID(), requirements, created_at: Date.now() })
}

/**
 * Posts and cancels so many tasks at the daemon, and as many straight: three actions each (Task, Close and the link to it), on
 * both chains.
 */
export async function fill(tasks: number, poster: Member, raw: RawAgent | null): Promise<void> {
  const ours = async () => {
    for (let i = 0; i < tasks; i += 1) {
      const { key } = await post(poster)
      await poster.call('task.cancel', { id: key })
    }
  }
  const beside = async () => {
    for (let i = 0; raw !== null && i < tasks; i += 1)
      await withdraw(raw, await raw.commit(rawTask(raw.dnaHash)))
  }
  await Promise.all([ours(), beside()])
}

/** Posts a task that stays open. */
export async function post(poster: Member): Promise<{ key: string }> {
  const wish = stuck()
  await poster.call('task.post', wish)
  return wish
}

/** Writes the Close that cancels a task. */
export async function withdraw(raw: RawAgent, about: string): Promise<void> {
  await raw.commit(close(raw.dnaHash, about, about))
}
