/** Holds what a person has typed for each chat, also while another view is open. */
import { type Signal, signal } from '@preact/signals'
import type { AnswerOf, InputOf } from '../../daemon/call.ts'
import type { TextFile } from './files.ts'

/** A chat, as the daemon shows it. */
export type ChatShown = AnswerOf<'chat.show'>
/** The settings of an answer. */
export type Settings = ChatShown['settings']

/** The typed settings. */
export interface TypedSettings {
  /** Empty for the first one that may be asked. */
  readonly model: Signal<string>
  readonly system: Signal<string>
  readonly temperature: Signal<string>
  readonly tokens: Signal<string>
  readonly seed: Signal<string>
  /** Whether the chat stays on this machine. */
  readonly local: Signal<boolean>
}

/** The typed message of a chat, with its settings. */
export interface Draft extends TypedSettings {
  readonly text: Signal<string>
  readonly files: Signal<readonly TextFile[]>
  /** The answer that the next message follows; null for the newest. */
  readonly follows: Signal<string | null>
  /** Whether the settings are those of the chat. */
  readonly isFilled: Signal<boolean>
}

const drafts = new Map<string, Draft>()

/** Returns the draft of a chat, by its id; null for that of a new chat. */
export function draftOf(chat: string | null): Draft {
  const found = drafts.get(chat ?? '')
  if (found) return found
  const draft: Draft = {
    model: signal(''),
    system: signal(''),
    temperature: signal('0.7'),
    tokens: signal(''),
    seed: signal(''),
    local: signal(false),
    text: signal(''),
    files: signal<readonly TextFile[]>([]),
    follows: signal<string | null>(null),
    isFilled: signal(false),
  }
  drafts.set(chat ?? '', draft)
  return draft
}

/** Fills in the settings of a chat, once. */
export function fill(draft: Draft, settings: Settings): void {
  if (draft.isFilled.value) return
  draft.isFilled.value = true
  draft.model.value = settings.model
  draft.system.value = settings.system
  draft.temperature.value = String(settings.temperature)
  draft.tokens.value = settings.max_tokens === null ? '' : String(settings.max_tokens)
  draft.seed.value = settings.seed === null ? '' : String(settings.seed)
  draft.local.value = settings.data_class === 'secret'
}

/** Returns the typed settings as the daemon takes them. */
export function settingsIn(typed: TypedSettings): Omit<InputOf<'chat.retry'>, 'chat'> {
  const temperature = numberIn(typed.temperature)
  return {
    model: typed.model.value,
    system: typed.system.value,
    ...(temperature === null ? {} : { temperature }),
    max_tokens: numberIn(typed.tokens),
    seed: numberIn(typed.seed),
    ...(typed.local.value ? { data_class: 'secret' as const } : {}),
  }
}

function numberIn({ value }: Signal<string>): number | null {
  return value === '' ? null : Number(value)
}
