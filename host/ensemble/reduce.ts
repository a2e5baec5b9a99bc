import type { TaskType } from '../types/task-type.ts'
import { canonicalise, classHash } from './canonical.ts'
import { compareText } from './members.ts'

/** One answer that came in time. */
export interface Ballot {
  readonly text: string
  /** In thousandths. */
  readonly weight_milli: number
  /** sha256 of the text. */
  readonly response_digest: string
  /** The class of the text, as `hashOf` has it. */
  readonly hash: string | null
}

/** What of a reply a vote goes by. */
export interface Voter {
  readonly response: string | null
  readonly response_digest: string | null
  readonly response_hash: string | null
  readonly weight_milli: number
}

/** The answers among replies. Pure. */
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

/** What a vote gave. */
export interface Outcome {
  /**
   * `merged`: enough agree; `flagged`: fewer do, and the heaviest class wins all the same; `no_consensus`: fewer do, and
   * nothing is merged, or no answer could be voted on.
   */
  readonly result: 'merged' | 'flagged' | 'no_consensus'
  /** The heaviest class; null where no answer could be voted on. */
  readonly winner: string | null
  /** The winning class's answer, of its heaviest member; null where nothing is merged. */
  readonly text: string | null
  /** Weight of the heaviest class over that of all that answered, 0 to 1. */
  readonly agreement: number
  /** The heaviest first. */
  readonly classes: readonly AnswerClass[]
}

/** What the reducer goes by. */
export interface ReduceRules {
  readonly min_agreement: number
  readonly require_consensus: boolean
}

/**
 * The reducer `weighted_consensus`: classes of equal canonical answers, their weights summed. An answer that says nothing
 * counts with its weight to all that answered and to no class. Ties go to the lowest hash. Pure, and the order of the
 * ballots changes nothing.
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

/** The class of an answer; null for one that says nothing. Pure. */
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
