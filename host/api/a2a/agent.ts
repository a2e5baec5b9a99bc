/** Answers A2A's requests by the operations on tasks. */
import {
  type AgentCard,
  type CancelTaskRequest,
  type GetTaskRequest,
  type ListTasksRequest,
  type ListTasksResponse,
  type Message,
  type SendMessageRequest,
  type StreamResponse,
  type SubscribeToTaskRequest,
  type Task,
  TaskState,
} from '@a2a-js/sdk'
import {
  ContentTypeNotSupportedError,
  ExtendedAgentCardNotConfiguredError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors'
import type { A2ARequestHandler } from '@a2a-js/sdk/server'
import type { z } from 'zod'
import { toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Context, TaskView } from '../../operations/context.ts'
import type { Operation } from '../../operations/operation.ts'
import { taskHandlers } from '../../operations/task/run.ts'
import { taskCancel, taskList, taskPost, taskReceipt, taskShow } from '../../operations/task/shape.ts'
import { closedStates } from '../../operations/task/view.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { Principal } from '../../types/principal.ts'
import { a2aError } from './errors.ts'
import { pageOf } from './page-of.ts'
import { a2aTask, changedAt, outputArtifact, stateOf } from './task.ts'
import { contextOf, taskKey } from './task-key.ts'
import { taskNews } from './task-news.ts'

/** One request, and the parts of the daemon that answer it. */
export interface AgentNeeds {
  readonly context: Context
  readonly card: AgentCard
  readonly principal: Principal
  /** Aborted when the caller leaves or the daemon stops, which ends waits but no task. */
  readonly signal: AbortSignal
  readonly emit: Emit
  readonly route: string
}

const noPush = async (): Promise<never> => {
  throw new PushNotificationNotSupportedError()
}

/** The mesh as an A2A agent, for one request. A2A's tasks are the mesh's own, under the same ids. */
export class MeshAgent implements A2ARequestHandler {
  readonly #needs: AgentNeeds

  constructor(needs: AgentNeeds) {
    this.#needs = needs
  }

  async getAgentCard(): Promise<AgentCard> {
    return this.#needs.card
  }

  async getAuthenticatedExtendedAgentCard(): Promise<never> {
    throw new ExtendedAgentCardNotConfiguredError()
  }

  /** Posts the message as a task, and waits for its end unless the client wants to return at once. */
  async sendMessage(request: SendMessageRequest): Promise<Task> {
    const wait = request.configuration?.returnImmediately !== true
    return this.#taskOf(await this.#post(request, wait))
  }

  /** Posts the message as a task, and yields its steps and the pieces of its answer. */
  async *sendMessageStream(request: SendMessageRequest): AsyncGenerator<StreamResponse, void, undefined> {
    yield* this.#follow(await this.#post(request, false))
  }

  async getTask({ id }: GetTaskRequest): Promise<Task> {
    return this.#taskOf(await this.#call(taskShow, { id }))
  }

  /** Lists own tasks, newest first; without their artifacts unless asked for. */
  async listTasks(request: ListTasksRequest): Promise<ListTasksResponse> {
    const { contextId, status, statusTimestampAfter: after = '' } = request
    const { tasks } = await this.#call(taskList, { past: limits.a2a_listed_max })
    const since = after === '' ? 0 : Date.parse(after)
    if (Number.isNaN(since)) throw new RequestMalformedError('statusTimestampAfter is not a time')
    const found = tasks.filter(
      (view) =>
        (contextId === '' || contextOf(view.id) === contextId) &&
        (status === TaskState.TASK_STATE_UNSPECIFIED || stateOf(view.state) === status) &&
        changedAt(view) >= since,
    )
    const { page, ...rest } = pageOf(found, request)
    const whole = request.includeArtifacts === true
    const shown: Task[] = []
    for (const view of page)
      shown.push(whole ? await this.getTask({ ...request, id: view.id }) : a2aTask(view, null))
    return { tasks: shown, ...rest }
  }

  async cancelTask({ id }: CancelTaskRequest): Promise<Task> {
    const before = await this.#call(taskShow, { id })
    if (closedStates.has(before.state) && before.state !== 'cancelled') throw new TaskNotCancelableError()
    const after = await this.#call(taskCancel, { id })
    if (after.state !== 'cancelled') throw new TaskNotCancelableError()
    return this.#taskOf(after)
  }

  /** Follows a task that is still open. */
  async *resubscribe({ id }: SubscribeToTaskRequest): AsyncGenerator<StreamResponse, void, undefined> {
    const view = await this.#call(taskShow, { id })
    if (closedStates.has(view.state)) throw new UnsupportedOperationError(`the task is ${view.state} already`)
    yield* this.#follow(view)
  }

  readonly createTaskPushNotificationConfig = noPush
  readonly getTaskPushNotificationConfig = noPush
  readonly listTaskPushNotificationConfigs = noPush
  readonly deleteTaskPushNotificationConfig = noPush

  async #post({ message, configuration, metadata }: SendMessageRequest, wait: boolean): Promise<TaskView> {
    if (!message?.messageId) throw new RequestMalformedError('message.messageId is missing')
    if (configuration?.taskPushNotificationConfig) throw new PushNotificationNotSupportedError()
    if (message.taskId) {
      const { state } = await this.#call(taskShow, { id: message.taskId })
      throw new UnsupportedOperationError(`a task takes no further message; this one is ${state}`)
    }
    const key = taskKey(message, this.#needs.principal)
    const fields = optionsOf(metadata)
    // As for a chat, this machine answers first if it can.
    return this.#call(taskPost, { prefer: 'nearest', ...fields, prompt: promptOf(message), key, wait })
  }

  /** Yields a task as it is, then what changes until it is closed: its whole answer comes last and replaces the pieces. */
  async *#follow(first: TaskView): AsyncGenerator<StreamResponse, void, undefined> {
    const { context, signal } = this.#needs
    const { id } = first
    const at = { taskId: id, contextId: contextOf(id), metadata: undefined }
    const whole = await this.#taskOf(first)
    yield { payload: { $case: 'task', value: whole } }
    if (closedStates.has(first.state)) return
    let said = stateOf(first.state)
    let isBegun = false
    for await (const { text, state } of taskNews(context.events, id, signal)) {
      if (text !== '') {
        const artifact = outputArtifact(text, undefined)
        yield artifactUpdate({ ...at, artifact, append: isBegun, lastChunk: false })
        isBegun = true
      }
      if (state === null || stateOf(state) <= said) continue
      said = stateOf(state)
      const { status, artifacts } = await this.getTask({ id, tenant: '' })
      if (closedStates.has(state))
        for (const artifact of artifacts)
          yield artifactUpdate({ ...at, artifact, append: false, lastChunk: true })
      yield { payload: { $case: 'statusUpdate', value: { ...at, status } } }
      if (closedStates.has(state)) return
    }
  }

  async #taskOf(view: TaskView): Promise<Task> {
    // The receipt is read by an operation of its own, so it takes that operation's scope.
    const mayRead = this.#needs.principal.scopes.includes(taskReceipt.scope)
    if (view.receipt === null || !mayRead) return a2aTask(view, null)
    const { base64 } = await this.#call(taskReceipt, { id: view.id, bytes: true })
    return a2aTask(view, Buffer.from(base64 ?? '', 'base64'))
  }

  /** Calls an operation for the caller. Rejects with an error of A2A. */
  async #call<O extends Operation>(operation: O, input: object): Promise<z.output<O['output']>> {
    const { context, principal, signal, emit, route } = this.#needs
    try {
      const handler = taskHandlers.find((one) => one.operation === (operation as Operation))
      return (await handler?.call(context, input, signal, principal)) as z.output<O['output']>
    } catch (thrown) {
      const error = toRippleError(thrown)
      if (error.http >= 500) emit({ type: 'request_failed', route, ...failureOf(error) }, thrown)
      throw a2aError(error)
    }
  }
}

type ArtifactUpdate = Extract<StreamResponse['payload'], { $case: 'artifactUpdate' }>

function artifactUpdate(value: ArtifactUpdate['value']): StreamResponse {
  return { payload: { $case: 'artifactUpdate', value } }
}

/** Returns the text of a message. Throws `ContentTypeNotSupportedError` for a part that is not text. */
function promptOf({ parts }: Message): string {
  return parts
    .map(({ content }) => {
      if (content?.$case === 'text') return content.value
      throw new ContentTypeNotSupportedError('a part of the message is not text')
    })
    .join('\n\n')
}

/** Fields of `task.post` that the message itself decides. */
const decided = ['prompt', 'key', 'wait']

/** Returns the fields of `task.post` in a request's `metadata.ripple`. */
function optionsOf(metadata: SendMessageRequest['metadata']): object {
  const given: unknown = metadata?.ripple ?? {}
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new RequestMalformedError('metadata.ripple is not an object')
  const taken = decided.find((field) => field in given)
  if (taken !== undefined) throw new RequestMalformedError(`metadata.ripple.${taken} comes from the message`)
  return given
}
