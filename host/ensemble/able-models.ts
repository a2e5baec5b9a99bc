import type { MeshModel } from '../types/answer.ts'
import type { InferenceInput } from '../types/inference.ts'

/** How a prompt is put to a model: as a chat, as a user's turn where the model has a template, or as a text to continue. */
export type PromptForm = 'chat' | 'auto' | 'none'

/** A form that a set's items are asked in: by a model's chat template where it has one, or continued. */
export type MeasuredForm = Exclude<PromptForm, 'chat'>

/**
 * Whether what was measured in one form says something of prompts in another: a chat goes through the same template as a user's turn,
 * and a text that is continued through none. Pure.
 */
export function speaksFor(measured: MeasuredForm | null, asked: PromptForm): boolean {
  return measured !== null && (measured === 'none') === (asked === 'none')
}

/** A form as people read it. Pure. */
export function formText(form: PromptForm): string {
  return form === 'none' ? 'continued text' : 'chats'
}

/** What is known of models beside what the mesh lists. */
export interface ModelFacts {
  /** Whether a model has a chat template, as far as this machine knows. */
  canChat(model: Pick<MeshModel, 'name' | 'digest'>): boolean
}

/** The form of a prompt. Pure. */
export function formOf(input: InferenceInput): PromptForm {
  return input.type === 'text' ? input.template : input.type === 'chat' ? 'chat' : 'none'
}

/**
 * The models that may vote on a prompt. A base model goes on with a question instead of answering it, so it votes on texts to be
 * continued; on a user's turn only where no machine has a model that chats; and on a chat never. Pure.
 */
export function ableModels(
  models: readonly MeshModel[],
  form: PromptForm,
  { canChat }: ModelFacts,
): readonly MeshModel[] {
  if (form === 'none') return models
  const chatting = models.filter((model) => canChat(model))
  const some = chatting.some(({ owned_by, at }) => owned_by === 'mesh' && at.length > 0)
  return form === 'chat' || some ? chatting : models
}
