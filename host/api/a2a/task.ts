/** Writes tasks of the mesh in A2A's form. */
import { type Artifact, type Part, Role, type Task, TaskState, type TaskStatus } from '@a2a-js/sdk'
import { limits } from '../../limits.ts'
import type { TaskView } from '../../operations/context.ts'
import { endingText } from '../../operations/text.ts'
import { contextOf } from './task-key.ts'

const states: Readonly<Record<TaskView['state'], TaskState>> = {
  posted: TaskState.TASK_STATE_SUBMITTED,
  offered: TaskState.TASK_STATE_SUBMITTED,
  granted: TaskState.TASK_STATE_WORKING,
  running: TaskState.TASK_STATE_WORKING,
  delivered: TaskState.TASK_STATE_WORKING,
  accepted: TaskState.TASK_STATE_COMPLETED,
  failed: TaskState.TASK_STATE_FAILED,
  expired: TaskState.TASK_STATE_FAILED,
  cancelled: TaskState.TASK_STATE_CANCELED,
}

/** Returns A2A's state of a task. */
export function stateOf(state: TaskView['state']): TaskState {
  return states[state]
}

/** Returns the moment of a task's last step, in milliseconds since 1970. */
export function changedAt({ times }: TaskView): number {
  return Math.max(...Object.values(times).map((at) => at ?? 0))
}

/** Returns a task with its artifacts. `receipt` is null if the task has none, or if the caller may not read it. */
export function a2aTask(view: TaskView, receipt: Uint8Array | null): Task {
  const { worker, model, usage, wire_state, task } = view
  return {
    id: view.id,
    contextId: contextOf(view.id),
    status: statusOf(view),
    artifacts: [...outputOf(view), ...(receipt === null ? [] : [receiptOf(view.id, receipt)])],
    history: [],
    metadata: {
      ripple: { task, state: view.state, wire_state, worker, model, usage, attempts: view.attempts.length },
    },
  }
}

function statusOf(view: TaskView): TaskStatus {
  const said = view.ended === null ? null : endingText(view.ended, view.attempts)
  return {
    state: stateOf(view.state),
    timestamp: new Date(changedAt(view)).toISOString(),
    message:
      said === null
        ? undefined
        : {
            messageId: `${view.id}.end`,
            contextId: contextOf(view.id),
            taskId: view.id,
            role: Role.ROLE_AGENT,
            parts: [textPart(said)],
            metadata: undefined,
            extensions: [],
            referenceTaskIds: [],
          },
  }
}

function outputOf({ output }: TaskView): Artifact[] {
  if (output === null || output.text === null) return []
  const { text, ...pinned } = output
  return [outputArtifact(text, { ripple: pinned })]
}

/** Returns the artifact of an answer, or of a piece of it. */
export function outputArtifact(text: string, metadata: Artifact['metadata']): Artifact {
  const parts = [textPart(text)]
  return { artifactId: 'output', name: 'answer', description: '', parts, metadata, extensions: [] }
}

function receiptOf(id: string, receipt: Uint8Array): Artifact {
  const isSmall = receipt.length <= limits.a2a_receipt_bytes_max
  const file = { filename: `${id}.receipt`, mediaType: 'application/vnd.ipld.dag-cbor', metadata: undefined }
  return {
    artifactId: 'receipt',
    name: 'receipt',
    description: "The signed events of the task, for 'ripple verify'.",
    parts: [
      isSmall
        ? { ...file, content: { $case: 'raw', value: Buffer.from(receipt) } }
        : textPart(`The receipt has ${receipt.length} bytes: read it by POST /api/task/receipt.`),
    ],
    metadata: undefined,
    extensions: [],
  }
}

function textPart(value: string): Part {
  return { content: { $case: 'text', value }, metadata: undefined, filename: '', mediaType: 'text/plain' }
}
