/** Turns the members' answers into one by a weighted vote. */
import type { TaskType } from '../../types/task-type.ts'
import { compareText } from '../members/members.ts'
import { canonicalise, classHash } from './canonical.ts'

/** One answer that came in time. */
export interface Ballot {
  readonly text: string
  /** The weight in thousandths. */
  readonly weight_milli: number
  /** sha256 of the text. */
  readonly response_digest: string
  /** The class of the text, as `hashOf` returns it. */
  readonly hash: string | null
}

/** The fields of a reply that a vote uses. */
export interface Voter {
  readonly response: string | null
  readonly response_digest: string | null
  readonly response_hash: string | null
  readonly weight_milli: number
}

/** Returns the answers among replies. Pure. */
export function ballotsOf(replies: readonly Voter[]): Ballot[] {
  return replies.flatMap(({ response: text, response_digest, response_hash: hash, weight_milli }) =>
    text === null || response_digest === null ? [] : [{ text, response_digest, hash, weight_milli }],
  )
}

/** Answers that say the same. */
export interface AnswerClass {
  readonly hash: string
  readonly weight_milli: number
  readonly votes: number
}

/** The outcome of a vote. */
export interface Outcome {
  /**
   * `merged`: enough agree; `flagged`: fewer do, and the heaviest class still wins; `no_consensus`: fewer do and nothing is
   * merged, or no answer could be voted on.
   */
  readonly result: 'merged' | 'flagged' | 'no_consensus'
  /** The heaviest class; null if no answer could be voted on. */
  readonly winner: string | null
  /** The answer of the winning class's heaviest member; null if nothing is merged. */
  readonly text: string | null
  /** The weight of the heaviest class, divided by the weight of all that answered, 0 to 1. */
  readonly agreement: number
  /** The classes, the heaviest first. */
  readonly classes: readonly AnswerClass[]
}

/** The rules of the reducer. */
export interface ReduceRules {
  readonly min_agreement: number
  readonly require_consensus: boolean
}

/**
 * Counts votes by the reducer `weighted_consensus`: it sums the weights of equal canonical answers into classes. An answer
 * that says nothing adds to the total weight and to no class. The lowest hash wins ties. Pure, and independent of the
 * ballots' order.
 */
export function reduceBallots(cast: readonly Ballot[], rules: ReduceRules): Outcome {
  const classes = classesOf(cast)
  const total = sum(cast.map(({ weight_milli }) => weight_milli))
  const best = classes[0]
  if (best === undefined)
    return { result: 'no_consensus', winner: null, text: null, agreement: 0, classes: [] }
  const agreement = best.weight_milli / total
  const agreed = agreement >= rules.min_agreement
  const result = agreed ? 'merged' : rules.require_consensus ? 'no_consensus' : 'flagged'
  const [speaker] = cast
    .filter(({ hash }) => hash === best.hash)
    .toSorted((a, b) => b.weight_milli - a.weight_milli || compareText(a.response_digest, b.response_digest))
  const text = result === 'no_consensus' ? null : (speaker?.text ?? null)
  return { result, winner: best.hash, text, agreement, classes }
}

/** Returns the class of an answer; null for one that says nothing. Pure. */
export function hashOf(type: TaskType, text: string): string | null {
  const form = canonicalise(type, text)
  return form === null ? null : classHash(type, form)
}

function classesOf(cast: ReadonlyArray<{ hash: string | null; weight_milli: number }>): AnswerClass[] {
  const hashes = [...new Set(cast.flatMap(({ hash }) => hash ?? []))]
  return hashes
    .map((hash) => {
      const votes = cast.filter((one) => one.hash === hash)
      return { hash, weight_milli: sum(votes.map(({ weight_milli }) => weight_milli)), votes: votes.length }
    })
    .toSorted((a, b) => b.weight_milli - a.weight_milli || compareText(a.hash, b.hash))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
