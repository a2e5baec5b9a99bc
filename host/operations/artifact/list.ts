/** Lists the pinned artifacts with the facts that this machine has about each. */
import type { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Context } from '../context.ts'
import type { artifactLs } from './shape.ts'

type Listed = z.output<typeof artifactLs.output>['artifacts'][number]

/** Returns the artifacts, those with a name first. Rejects as `Artifacts.ls` does. */
export async function listArtifacts(
  {
    agent,
    artifacts,
    artifactNames,
    tasks,
  }: Pick<Context, 'agent' | 'artifacts' | 'artifactNames' | 'tasks'>,
  signal: AbortSignal,
): Promise<Listed[]> {
  const [pinned, names, listed] = await Promise.all([
    artifacts.ls(signal),
    artifactNames.all(),
    tasks.list(limits.artifact_tasks_max),
  ])
  const answers = new Map(listed.flatMap((task) => (task.output ? [[task.output.cid, task]] : [])))
  const found = pinned.map(({ cid, bytes }): Listed => {
    const [name, task] = [names.get(cid) ?? null, answers.get(cid)]
    const by = task?.worker ?? null
    return {
      ...{ cid, bytes, name, kind: name !== null ? 'file' : task ? 'answer' : 'other' },
      task: task?.id ?? null,
      encrypted: task?.output?.encrypted ?? false,
      held_by: by === null || by === agent ? [agent] : [agent, by],
    }
  })
  const place = ({ kind }: Listed): number => ['file', 'other', 'answer'].indexOf(kind)
  return found.sort(
    (one, other) => place(one) - place(other) || (one.name ?? '').localeCompare(other.name ?? ''),
  )
}
