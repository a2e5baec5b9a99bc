/** Holds the state of the page. */
import { computed, signal } from '@preact/signals'
import type { modelList } from '../api/openai/models.ts'
import { ask, type Question } from './ask.ts'
import { type AnswerOf, call, fetchJson } from './call.ts'
import { type Exchange, isOpen } from './exchange.ts'
import { followPeers } from './follow-peers.ts'
import { firstChoice, groupModels, type Model } from './model-groups.ts'
import { type BrowserRules, type Checked, checkReceipt, fetchRules } from './receipt.ts'
import { Refusal, type Trouble, troubleOf } from './refusal.ts'
import { short } from './sentence-parts.ts'
import { dropKey, signInByCode, signInByToken, storedKey, takeCode } from './session.ts'

/** The state of the shown receipt. */
export type ReceiptState =
  | { readonly phase: 'none' | 'checking' }
  | { readonly phase: 'checked'; readonly checked: Checked }
  | { readonly phase: 'failed'; readonly trouble: Trouble }

/** The page's key; null before the user has signed in. */
export const key = signal<string | null>(null)
/** The error of signing in, or of reading the machines and models. */
export const trouble = signal<Trouble | null>(null)
export const machine = signal<AnswerOf<'status'> | null>(null)
export const peers = signal<AnswerOf<'peers'>['peers']>([])
const models = signal<readonly Model[]>([])
/** The model that is asked next; null while none is known. */
export const chosen = signal<string | null>(null)
export const exchange = signal<Exchange | null>(null)
export const receipt = signal<ReceiptState>({ phase: 'none' })

/** The models in the picker. */
export const groups = computed(() => groupModels(models.value, machine.value?.agent ?? '', nameOf))
/** The machines that are there, and that this one works with only after an acceptance. */
export const waiting = computed(() => peers.value.filter((one) => one.waiting !== null && !isAway(one.state)))
/** Whether an answer is under way. */
export const busy = computed(() => exchange.value !== null && isOpen(exchange.value))

let answering: AbortController | null = null
let following: AbortController | null = null
let rules: Promise<BrowserRules> | null = null

/** Begins the page with the code in its address, else with the key of this tab. */
export async function begin(): Promise<void> {
  const code = takeCode()
  if (code !== null) return enter(() => signInByCode(code))
  const kept = storedKey()
  if (kept !== null) await enter(async () => kept)
}

/** Signs in by the API's token. */
export function enterByToken(token: string): Promise<void> {
  return enter(() => signInByToken(token))
}

async function enter(sign: () => Promise<string>): Promise<void> {
  trouble.value = null
  try {
    key.value = await sign()
  } catch (thrown) {
    refuse(thrown)
    return
  }
  await look()
  watch()
}

/**
 * Follows the machines while the tab is shown and signed in. A browser keeps few connections to one server, and the streams
 * of hidden tabs would use them up.
 */
export function watch(): void {
  following?.abort()
  if (document.hidden || key.value === null) return
  following = new AbortController()
  void followPeers(key.value, lookAtPeers, following.signal).catch(refuse)
}

/** Reads the machines again. */
async function lookAtPeers(): Promise<void> {
  try {
    peers.value = (await call('peers', {}, key.value)).peers
  } catch (thrown) {
    refuse(thrown)
  }
}

/** Accepts a machine: from now on this one asks it and works for it. */
export async function accept(agent: string): Promise<void> {
  try {
    await call('peer.accept', { peer: agent }, key.value)
    trouble.value = null
  } catch (thrown) {
    refuse(thrown)
    return
  }
  await lookAtPeers()
}

/** Reads the machines and models again. */
export async function look(): Promise<void> {
  try {
    const mine = key.value
    const [status, seen, listed] = await Promise.all([
      call('status', {}, mine),
      call('peers', {}, mine),
      fetchJson<ReturnType<typeof modelList>>({ path: '/v1/models', key: mine }),
    ])
    machine.value = status
    peers.value = seen.peers
    models.value = listed.data
    const known = listed.data.some(({ id }) => id === chosen.value)
    if (!known) chosen.value = firstChoice(groups.value)
    trouble.value = null
  } catch (thrown) {
    refuse(thrown)
  }
}

/** Shows an error. If the key is not valid any more, the user has to sign in again. */
function refuse(thrown: unknown): void {
  trouble.value = troubleOf(thrown)
  if (!(thrown instanceof Refusal) || thrown.status !== 401) return
  dropKey()
  key.value = null
  following?.abort()
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
  // This finds new machines, and notices a key that is not valid any more.
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

function isAway(state: string): boolean {
  return state === 'unreachable' || state === 'left'
}

/** Returns a machine's name, or the beginning of its key if its card is unknown. */
export function nameOf(agent: string): string {
  const peer = peers.value.find((one) => one.agent === agent)
  if (peer === undefined) return short(agent)
  return peer.self ? `${peer.name} (this machine)` : peer.name
}
