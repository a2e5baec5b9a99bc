/** Chooses the models that can vote on a prompt of a given form. */
import type { MeshModel } from '../../types/answer.ts'
import type { InferenceInput } from '../../types/inference.ts'

/** The way a prompt is given to a model: as a chat, as a user's turn where the model has a template, or as a text to continue. */
export type PromptForm = 'chat' | 'auto' | 'none'

/** The form of a set's items: through a model's chat template where it has one, or as continued text. */
export type MeasuredForm = Exclude<PromptForm, 'chat'>

/**
 * Whether a measurement in one form applies to prompts in another. A chat goes through the same template as a user's turn,
 * and a continued text through none. Pure.
 */
export function speaksFor(measured: MeasuredForm | null, asked: PromptForm): boolean {
  return measured !== null && (measured === 'none') === (asked === 'none')
}

/** Returns a form as people read it. Pure. */
export function formText(form: PromptForm): string {
  return form === 'none' ? 'continued text' : 'chats'
}

/** Knowledge about models that the mesh's list lacks. */
export interface ModelTraits {
  /** Whether a model has a chat template, as far as this machine knows. */
  canChat(model: Pick<MeshModel, 'name' | 'digest'>): boolean
}

/** Returns the form of a prompt. Pure. */
export function formOf(input: InferenceInput): PromptForm {
  return input.type === 'text' ? input.template : input.type === 'chat' ? 'chat' : 'none'
}

/**
 * Returns the models that may vote on a prompt. A base model continues a question instead of answering it, so it never votes
 * on a chat. It votes on continued texts, and on a user's turn only if no machine has a chat model. Pure.
 */
export function ableModels(
  models: readonly MeshModel[],
  form: PromptForm,
  { canChat }: ModelTraits,
): readonly MeshModel[] {
  if (form === 'none') return models
  const chatting = models.filter((model) => canChat(model))
  const some = chatting.some(({ owned_by, at }) => owned_by === 'mesh' && at.length > 0)
  return form === 'chat' || some ? chatting : models
}
