/** Holds the form for a new task, which stays while its person looks at other views. */
import { type Signal, signal } from '@preact/signals'
import type { AnswerOf, InputOf } from '../../daemon/call.ts'

/** Fields that hold text, as typed. Empty stands for the usual value. */
export const textFields = ['prompt', 'model', 'prefer', 'strategy', 'priority', 'key'] as const
/** Fields that hold numbers. */
export const numberFields = [
  'max_tokens',
  'temperature',
  'seed',
  'cores',
  'memory_mib',
  'disk_mib',
  'gpus',
  'vram_mib',
  'attempts',
] as const
/** Fields that hold milliseconds, typed in seconds. */
export const timeFields = [
  'timeout_ms',
  'queue_timeout_ms',
  'run_timeout_ms',
  'lease_ms',
  'fallback_after_ms',
] as const
/** Fields that hold several words. */
export const listFields = ['tags', 'after', 'fallback_to'] as const
/** Fields that are on or off. */
export const checkFields = ['public', 'force'] as const

const typedFields = [...textFields, ...numberFields, ...timeFields, ...listFields] as const

/** A field that is typed or chosen. */
export type TypedField = (typeof typedFields)[number]
/** A field that is on or off. */
export type CheckedField = (typeof checkFields)[number]

/** The values of the form's fields. */
export type Draft = Readonly<Record<TypedField, string>> & Readonly<Record<CheckedField, boolean>>

/** Milliseconds of a second. */
const SECOND_MS = 1_000

/** The empty form. */
export const emptyDraft: Draft = {
  ...(Object.fromEntries(typedFields.map((name) => [name, ''])) as Record<TypedField, string>),
  public: false,
  force: false,
}

/** The fields of the form. */
export const typed: Readonly<Record<TypedField, Signal<string>>> = signals(typedFields, '')
export const checked: Readonly<Record<CheckedField, Signal<boolean>>> = signals(checkFields, false)

function signals<N extends string, T>(names: readonly N[], first: T): Record<N, Signal<T>> {
  return Object.fromEntries(names.map((name) => [name, signal(first)])) as Record<N, Signal<T>>
}

/** Returns what is in the form. */
export function readDraft(): Draft {
  const read = (all: Readonly<Record<string, Signal<string | boolean>>>) =>
    Object.fromEntries(Object.entries(all).map(([name, one]) => [name, one.value]))
  return { ...read(typed), ...read(checked) } as Draft
}

/** Fills the form. */
export function fillDraft(draft: Draft): void {
  for (const name of typedFields) typed[name].value = draft[name]
  for (const name of checkFields) checked[name].value = draft[name]
}

/** Returns the input of a post. Fields that are left empty get their usual values from the daemon. */
export function inputOf(draft: Draft): InputOf<'task.post'> {
  const given = (names: readonly TypedField[], read: (text: string) => unknown) =>
    names.flatMap((name) => {
      const text = draft[name].trim()
      return text === '' ? [] : [[name, read(text)]]
    })
  const entries = [
    ...given(textFields, (text) => text),
    ...given(numberFields, Number),
    ...given(timeFields, (text) => Math.round(Number(text) * SECOND_MS)),
    ...given(listFields, (text) => text.split(/[\s,]+/)),
  ]
  // Each field was read as the operation takes it, and the daemon checks all of them.
  const input = Object.fromEntries(entries) as Partial<InputOf<'task.post'>>
  return { ...input, prompt: draft.prompt, public: draft.public, force: draft.force }
}

/** The fields that say where a task may run. */
const placementFields = [
  'model',
  'prefer',
  'strategy',
  'cores',
  'memory_mib',
  'disk_mib',
  'gpus',
  'vram_mib',
  'tags',
] as const

/** Returns the input of a forecast: the same without all that does not decide the place. */
export function planInputOf(draft: Draft): InputOf<'task.plan'> {
  const input = inputOf(draft)
  return Object.fromEntries(placementFields.flatMap((name) => (name in input ? [[name, input[name]]] : [])))
}

/** Returns the form of a request that was posted before. Its key is left out, because the same key never posts twice. */
export function draftOf(request: AnswerOf<'task.request'>): Draft {
  const draft: Record<string, string | boolean> = { ...emptyDraft }
  for (const [name, value] of Object.entries(request)) {
    if (isOneOf(timeFields, name)) draft[name] = value === null ? '' : String(Number(value) / SECOND_MS)
    else if (isOneOf(listFields, name)) draft[name] = (value as readonly string[]).join(' ')
    else if (isOneOf(checkFields, name)) draft[name] = value === true
    else if (isOneOf(textFields, name) || isOneOf(numberFields, name)) draft[name] = String(value ?? '')
  }
  return draft as Draft
}

function isOneOf<N extends string>(names: readonly N[], name: string): name is N {
  return names.some((one) => one === name)
}
