/** Holds the state of the view for questions. */
import { computed, signal } from '@preact/signals'
import type { modelList } from '../../../api/openai/models.ts'
import { fetchJson } from '../../daemon/call.ts'
import { type Trouble, troubleOf } from '../../daemon/refusal.ts'
import { machine, nameOf } from '../../state/machines.ts'
import { key, refused } from '../../state/session.ts'
import { type BrowserRules, type Checked, checkReceipt, fetchRules } from '../receipts/verify-receipt.ts'
import { type Exchange, isOpen } from './exchange.ts'
import { ask, type Question } from './follow-answer.ts'
import { firstChoice, groupModels, type Model } from './model-groups.ts'

/** The state of the shown receipt. */
export type ReceiptState =
  | { readonly phase: 'none' | 'checking' }
  | { readonly phase: 'checked'; readonly checked: Checked }
  | { readonly phase: 'failed'; readonly trouble: Trouble }

/** The error of reading the models. */
export const trouble = signal<Trouble | null>(null)
const models = signal<readonly Model[]>([])
/** The model that is asked next; null while none is known. */
export const chosen = signal<string | null>(null)
export const exchange = signal<Exchange | null>(null)
export const receipt = signal<ReceiptState>({ phase: 'none' })

/** The models in the picker. */
export const groups = computed(() => groupModels(models.value, machine.value?.agent ?? '', nameOf))
/** Whether an answer is under way. */
export const busy = computed(() => exchange.value !== null && isOpen(exchange.value))

let answering: AbortController | null = null
let rules: Promise<BrowserRules> | null = null

/** Reads the models again. */
export async function look(): Promise<void> {
  try {
    const listed = await fetchJson<ReturnType<typeof modelList>>({ path: '/v1/models', key: key.value })
    models.value = listed.data
    const known = listed.data.some(({ id }) => id === chosen.value)
    if (!known) chosen.value = firstChoice(groups.value)
    trouble.value = null
  } catch (thrown) {
    trouble.value = refused(thrown)
  }
}

/** Asks a question, one at a time. */
export async function put(question: Question): Promise<void> {
  if (busy.value || key.value === null) return
  const mine = new AbortController()
  answering = mine
  receipt.value = { phase: 'none' }
  // The last steps of a task may arrive after the next question was asked.
  const tell = (now: Exchange): void => {
    if (answering === mine) exchange.value = now
  }
  await ask(question, key.value, tell, mine.signal)
  // This finds new models, and notices a key that is not valid any more.
  await look()
}

/** Stops the current answer. */
export function stop(): void {
  answering?.abort()
}

/** Verifies the receipt of the shown answer. */
export async function verify(): Promise<void> {
  const task = exchange.value?.origin?.task ?? exchange.value?.id ?? null
  const mine = key.value
  if (task === null || mine === null || receipt.value.phase === 'checking') return
  const shown = exchange.value?.id
  receipt.value = { phase: 'checking' }
  try {
    rules ??= fetchRules(new AbortController().signal)
    const checked = await checkReceipt(task, mine, await rules)
    if (exchange.value?.id === shown) receipt.value = { phase: 'checked', checked }
  } catch (thrown) {
    rules = null
    if (exchange.value?.id === shown) receipt.value = { phase: 'failed', trouble: troubleOf(thrown) }
  }
}
