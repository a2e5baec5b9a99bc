/** Shows the facts and the cost of a task. */
import { duration } from '../../format/format.ts'
import { Hash } from '../../parts/hash.tsx'
import { Card, Facts } from '../../parts/layout.tsx'
import { Duration, Size } from '../../parts/moments.tsx'
import { Machine, Name } from '../../parts/names.tsx'
import { words } from '../../words/words.ts'
import type { Task } from './task.ts'
import { wordFor } from './word-for.ts'

/** Shows what is known of a task itself. */
export function TaskFacts({ task }: { task: Task }) {
  const { fact, ...tasks } = words.tasks
  const { usage, output, model, worker } = task
  return (
    <Card title={tasks.facts}>
      <Facts
        facts={[
          [fact.key, <Hash key="id" hash={task.id} />],
          [fact.hash, <Hash key="hash" hash={task.task} />],
          [fact.model, model && <Name text={model.name} />],
          [fact.worker, worker && <Machine agent={worker} />],
          [fact.priority, task.priority],
          [fact.prefer, wordFor(tasks.preferred, task.placement.prefer)],
          [fact.strategy, wordFor(tasks.weighed, task.placement.strategy)],
          [fact.attempts, tasks.attemptsOf(task.attempts.length, task.max_attempts)],
          [fact.held, task.held_by === null ? null : tasks.peers(task.held_by)],
          [fact.standIns, task.stand_ins === null ? null : tasks.peers(task.stand_ins)],
          [fact.fallback, task.fallback_after_ms === null ? null : duration(task.fallback_after_ms)],
          [fact.tokens, usage && tasks.tokens(usage.tokens_in, usage.tokens_out)],
          [fact.took, usage && <Duration ms={usage.wall_ms} />],
          [fact.cpu, usage && <Duration ms={usage.cpu_ms} />],
          [fact.memory, usage && <Size bytes={usage.peak_rss_bytes} />],
          [fact.output, output && <Output output={output} />],
          [fact.forks, task.forks.length === 0 ? null : String(task.forks.length)],
        ]}
      />
    </Card>
  )
}

function Output({ output: { cid, bytes, encrypted } }: { output: NonNullable<Task['output']> }) {
  return (
    <>
      <Hash hash={cid} /> <Size bytes={bytes} /> {encrypted && words.tasks.encrypted}
    </>
  )
}
