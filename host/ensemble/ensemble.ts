/** Opens the ensemble of a daemon: queries, records, measurements and score cards. */
import { basename, join } from 'node:path'
import { sha256Hex } from '../codec/digest.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { readRegular } from '../files/regular-file.ts'
import { limits } from '../limits.ts'
import type { Random } from '../types/clock.ts'
import type { EnsembleRecord } from '../types/ensemble-record.ts'
import type { SignedCard } from '../types/score-card.ts'
import type { TaskType } from '../types/task-type.ts'
import { cardFor, type Route } from './cards/card-for.ts'
import { CardStore } from './cards/card-store.ts'
import type { Signer } from './cards/sign-card.ts'
import { type EvalSet, inForm, readSet } from './measure/eval-set.ts'
import { type EvalNeeds, evaluate } from './measure/evaluate.ts'
import { formOf, type MeasuredForm } from './members/able-models.ts'
import { type MembersAsk, membersNow } from './members/members-now.ts'
import { findPolicy, type Policies, policyDigest } from './members/policy.ts'
import type { EnsembleQuery } from './members/types.ts'
import { type Begun, begin, type QueryNeeds } from './query/query.ts'
import { RecordStore } from './query/record-store.ts'

/** The path of the set that ships with Ripple. */
export const shippedSet = join(import.meta.dirname, 'sets', 'exact-match.jsonl')

/** The daemon's parts that an ensemble uses. */
export interface EnsembleNeeds extends Omit<QueryNeeds, 'keep'> {
  readonly policies: Policies
  readonly signer: Signer
  readonly random: Random
  /** The data folder's part for records, measurements and score cards. */
  readonly folder: string
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Reports the progress of a measurement to those who follow its id. */
  tell(id: string, line: string): void
}

/** The options of `ripple moe eval`. */
export interface EvaluateRequest {
  /** Path of a set; null: the shipped one. */
  readonly file: string | null
  /** Name of a policy; null: the main one. */
  readonly policy: string | null
  /** The form in which all items are asked; null: as the set says. */
  readonly form: MeasuredForm | null
  readonly members: number | null
  readonly seed: number
  /** The id under which its progress is reported. */
  readonly id: string
}

/** Other properties of a task that decide its members. */
export type About = Pick<MembersAsk, 'form' | 'data_class'>

/** The seed does not change who votes. */
const usual = { form: 'auto', data_class: undefined, k: null, seed: 0 } as const

/** Asks several models as one. */
export interface Ensemble {
  /** Asks all members. Rejects as `query` does, and with `RIPPLE_ENSEMBLE_POLICY_UNKNOWN`. */
  query(asked: EnsembleQuery, signal: AbortSignal): Promise<EnsembleRecord>
  /**
   * Begins a query, and resolves as soon as all members have places. Rejects as `begin` does, and with
   * `RIPPLE_ENSEMBLE_POLICY_UNKNOWN`.
   */
  begin(asked: EnsembleQuery, signal: AbortSignal): Promise<Begun>
  /** Returns the record of a question, by its trace id or the beginning of it. Rejects with `RIPPLE_ENSEMBLE_UNKNOWN`. */
  show(id: string): Promise<EnsembleRecord>
  /**
   * Returns whether the ensemble or its best member should answer such a task, by this machine's score cards. Without
   * `about`, the task is a user's turn that other machines may see.
   */
  route(taskType: TaskType, about?: About): Promise<Route>
  /**
   * Measures an ensemble. It writes the signed card and returns it with its path. Rejects with `RIPPLE_EVAL_SET_INVALID`,
   * `RIPPLE_FILE_UNREADABLE`, `RIPPLE_EVAL_RUNNING`, and as `evaluate` does.
   */
  evaluate(request: EvaluateRequest, signal: AbortSignal): Promise<SignedCard & { readonly file: string }>
}

/** Makes the ensemble of a daemon. */
export function openEnsemble(needs: EnsembleNeeds): Ensemble {
  const records = new RecordStore(join(needs.folder, 'records'))
  const cards = new CardStore(join(needs.folder, 'cards'), needs.signer)
  const parts = { needs, records, cards }
  let measuring = false
  return {
    query: async (asked, signal) => (await ask(parts, asked, signal)).record,
    begin: (asked, signal) => ask(parts, asked, signal),
    show: (id) => records.find(id),
    route: (taskType, about) => routeBy(parts, { ...usual, ...about, taskType, policy: needs.policies.main }),
    evaluate: async (request, signal) => {
      if (measuring) throw new RippleError('RIPPLE_EVAL_RUNNING')
      measuring = true
      try {
        return await measure(parts, request, signal)
      } finally {
        measuring = false
      }
    },
  }
}

interface Parts {
  readonly needs: EnsembleNeeds
  readonly records: RecordStore
  readonly cards: CardStore
}

async function ask(parts: Parts, asked: EnsembleQuery, signal: AbortSignal): Promise<Begun> {
  const { needs, records } = parts
  const policy = findPolicy(needs.policies, asked.policy)
  const gated = policy.eval_gate?.require_card === true
  const route = gated
    ? await routeBy(parts, {
        ...usual,
        policy,
        taskType: asked.task_type,
        form: formOf(asked.input),
        data_class: asked.data_class,
        k: asked.members,
      })
    : null
  const trace_id = asked.trace_id ?? uuidOf(needs.random.bytes(16))
  const seed = asked.seed ?? seedBy(asked.key == null ? needs.random.bytes(4) : keyDigest(asked.key))
  const keep = (record: EnsembleRecord): Promise<string> => records.add(record)
  return begin({ ...needs, keep }, { ...asked, policy, trace_id, seed, route }, signal)
}

/** Returns a random UUID (RFC 9562, version 4) of 16 bytes. Providers get trace ids of that form only. */
function uuidOf(bytes: Uint8Array): string {
  const uuid = Buffer.from(bytes)
  uuid.writeUInt8((uuid.readUInt8(6) & 0x0f) | 0x40, 6)
  uuid.writeUInt8((uuid.readUInt8(8) & 0x3f) | 0x80, 8)
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Returns the bytes of a key's seed, so that the same key asks the same. */
function keyDigest(key: string): Uint8Array {
  return Buffer.from(sha256Hex(key), 'hex')
}

function seedBy(bytes: Uint8Array): number {
  return Buffer.from(bytes).readUInt32BE()
}

async function routeBy({ needs, cards }: Parts, asked: MembersAsk): Promise<Route> {
  const members = membersNow(needs, asked)
  return cardFor(asked, await cards.list(), members, policyDigest(asked.policy), needs.now())
}

async function measure(
  { needs, cards }: Parts,
  { file, policy, form, members, seed, id }: EvaluateRequest,
  signal: AbortSignal,
): Promise<SignedCard & { readonly file: string }> {
  const evalNeeds: EvalNeeds = {
    agent: needs.agent,
    inference: needs.inference,
    peers: () => needs.peers(),
    canChat: (model) => needs.canChat(model),
    folder: join(needs.folder, 'measurements'),
    now: () => needs.now(),
    sleep: (ms, signal) => needs.sleep(ms, signal),
  }
  const set = inForm(await openSet(file ?? shippedSet), form)
  const say = (line: string): void => needs.tell(id, line)
  const request = { set, policy: findPolicy(needs.policies, policy), members, seed, say }
  const signed = await needs.signer.sign(await evaluate(evalNeeds, request, signal))
  return { ...signed, file: await cards.add(signed) }
}

/** Reads a set. Rejects with `RIPPLE_FILE_UNREADABLE` and `RIPPLE_EVAL_SET_INVALID`. */
export async function openSet(file: string): Promise<EvalSet> {
  const max = limits.eval_set_bytes_max
  const bytes = await readRegular(file, max)
  if (bytes === null)
    throw new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail: `it is larger than ${max} bytes` })
  return readSet(file, basename(file).replace(/\.jsonl$/, ''), bytes)
}
