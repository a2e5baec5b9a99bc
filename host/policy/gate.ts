/** Asks the policies and records their decisions. */
import { randomUUID } from 'node:crypto'
import { canonicalJson } from '../codec/canonical-json.ts'
import { sha256Hex } from '../codec/digest.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { policyLimits } from '../limits/policy.ts'
import type { Emit } from '../telemetry/events.ts'
import { failureOf } from '../telemetry/history.ts'
import { type Decision, type DecisionPoint, decisionPoints, type Gate } from '../types/decision.ts'
import type { Json } from '../types/json.ts'
import { type AuditBounds, AuditFile } from './audit.ts'
import type { DecisionLine, KeptFact } from './audit-lines.ts'
import { type CaseResult, runCases } from './cases.ts'
import { Evaluator, type EvaluatorBounds } from './evaluator.ts'
import { type DecisionChoice, findDecisions, listDecisions } from './find-decisions.ts'
import { keptFacts } from './kept-facts.ts'
import { type Policy, type PolicySource, PolicyStore, type Source } from './store.ts'
import { gateRefuses, type Judged, judge, type Rules, rulesOf } from './verdict.ts'
import { type AuditReport, verifyAudit } from './verify-audit.ts'

/** The facts of a decision. */
type Facts = { readonly [name: string]: Json }

/** The ports of the gate. */
export interface GateNeeds {
  /** The sources of policies, by precedence. */
  readonly sources: readonly PolicySource[]
  /** The folder of the audit file. */
  readonly auditFolder: string
  /** The network's name, a fact of every decision. */
  readonly network: string
  /** The owner's settings, another fact of every decision. */
  readonly owner: Facts
  now(): number
  readonly emit: Emit
  readonly bounds?: {
    readonly evaluator?: EvaluatorBounds
    readonly audit?: AuditBounds
    readonly lookMs?: number
  }
}

/** A policy as it applies now, and its decisions since the daemon's start. */
export interface PolicyStanding {
  readonly policy: Policy
  readonly allowed: number
  readonly refused: number
}

/**
 * Asks the policy of the point's name for each decision, and writes the answer to the audit file before it returns it. A
 * decision that cannot be stored there is a no.
 */
export class PolicyGate implements Gate, AsyncDisposable {
  readonly #needs: GateNeeds
  readonly #store: PolicyStore
  readonly #evaluator: Evaluator
  readonly #audit: AuditFile
  readonly #counts = new Map<string, number>()
  /** The last decisions, oldest first. */
  readonly #last: Decision[] = []

  private constructor(needs: GateNeeds) {
    const { now, emit, auditFolder: folder, bounds } = needs
    this.#needs = needs
    this.#store = new PolicyStore(needs.sources, bounds?.lookMs)
    this.#evaluator = new Evaluator(bounds?.evaluator)
    this.#audit = new AuditFile({
      folder,
      now,
      trouble: (error) => emit({ type: 'policy_failed', ...failureOf(error) }, error),
      ...(bounds?.audit && { bounds: bounds.audit }),
    })
  }

  /** Opens the gate, with the last decisions of the daemon's earlier runs. Rejects with the errors of the disk. */
  static async open(needs: GateNeeds): Promise<PolicyGate> {
    const gate = new PolicyGate(needs)
    gate.#last.push(...(await gate.#audit.last(policyLimits.policy_last_max)).map(decisionOf))
    return gate
  }

  async decide(point: DecisionPoint, subject: string, facts: Facts): Promise<Decision> {
    const { now, network, owner } = this.#needs
    const input = { ...facts, now: now(), network, owner }
    const { policy, judged } = await this.#judge(point, input)
    const decision = this.#decisionOf(point, subject, policy, judged)
    const { origin } = policy
    try {
      await this.#audit.append({
        type: 'decision',
        ...decision,
        reasons: [...decision.reasons],
        policy: { ...decision.policy, origin },
        facts_digest: sha256Hex(canonicalJson(input)),
        facts: keptFacts(point, input),
      })
    } catch (thrown) {
      const refused = gateRefuses('audit_failed', toRippleError(thrown).message)
      return this.#told(this.#decisionOf(point, subject, policy, refused), refused)
    }
    return this.#told(decision, judged)
  }

  /** Returns the decision for some facts without making it: nothing follows from it, and the audit file does not get it. */
  async dryRun(point: DecisionPoint, facts: Facts): Promise<Decision & { readonly detail: string | null }> {
    const { now, network, owner } = this.#needs
    const { policy, judged } = await this.#judge(point, { now: now(), network, owner, ...facts })
    return { ...this.#decisionOf(point, 'dry run', policy, judged), detail: judged.detail }
  }

  /** Returns every policy. */
  async list(): Promise<PolicyStanding[]> {
    return Promise.all(
      decisionPoints.map(async (name) => ({
        policy: await this.#store.current(name),
        allowed: this.#counts.get(`${name} allowed`) ?? 0,
        refused: this.#counts.get(`${name} refused`) ?? 0,
      })),
    )
  }

  /** Returns the last decisions, newest first. */
  last(): readonly Decision[] {
    return this.#last.toReversed()
  }

  /**
   * Returns the decisions about the subject with one of these names, and the egress and merge decisions of its request,
   * oldest first. They are the newest `limits.policy_about_max` in the audit file, including earlier runs of the daemon.
   */
  async about(names: readonly string[]): Promise<Decision[]> {
    const kept = await findDecisions(this.#audit.folder, names, policyLimits.policy_about_max)
    return kept.map(decisionOf)
  }

  /** Returns the newest `most` decisions of a choice with their stored facts, newest first, of all runs of the daemon. */
  async audit(
    choice: DecisionChoice,
    most: number,
  ): Promise<(Decision & { readonly facts: Readonly<Record<string, KeptFact>> })[]> {
    const kept = await listDecisions(this.#audit.folder, choice, most)
    return kept.map((line) => ({ ...decisionOf(line), facts: line.facts }))
  }

  /** Returns one policy, with its Rego if that exists, and its reasons to refuse. */
  async show(name: DecisionPoint): Promise<{ policy: Policy; source: Source | null; rules: Rules }> {
    const [policy, source] = await Promise.all([this.#store.current(name), this.#store.source(name)])
    return { policy, source, rules: await rulesOf(policy, this.#evaluator) }
  }

  /** Runs the cases of these policies. Rejects with `RIPPLE_CONFIG_INVALID` if a file of them is invalid. */
  async test(names: readonly DecisionPoint[]): Promise<CaseResult[]> {
    const results: CaseResult[] = []
    for (const name of names) {
      const [policy, file] = await Promise.all([this.#store.current(name), this.#store.casesFile(name)])
      results.push(...(await runCases(policy, file, this.#evaluator)))
    }
    return results
  }

  /** The folder of the audit file. */
  get auditFolder(): string {
    return this.#audit.folder
  }

  /** Reads the audit file and reports whether it is whole. */
  verifyAudit(): Promise<AuditReport> {
    return verifyAudit(this.#audit.folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#evaluator[Symbol.asyncDispose]()
    await this.#audit[Symbol.asyncDispose]()
  }

  async #judge(point: DecisionPoint, input: Json): Promise<{ policy: Policy; judged: Judged }> {
    const policy = await this.#store.current(point)
    return { policy, judged: await judge(policy, input, this.#evaluator) }
  }

  #decisionOf(
    point: DecisionPoint,
    subject: string,
    { name, digest }: Policy,
    { verdict }: Judged,
  ): Decision {
    const { now } = this.#needs
    return { id: randomUUID(), point, subject, ...verdict, policy: { name, digest }, at: now() }
  }

  #told(decision: Decision, { detail }: Judged): Decision {
    const counted = `${decision.point} ${decision.allow ? 'allowed' : 'refused'}`
    this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + 1)
    this.#last.push(decision)
    if (this.#last.length > policyLimits.policy_last_max) this.#last.shift()
    const { emit } = this.#needs
    const { id, point, subject, allow, rule, reasons } = decision
    emit({ type: 'policy_decided', decision: id, point, subject, allow, rule, reasons: [...reasons] })
    if (detail !== null) emit({ type: 'policy_failed', code: reasons[0] ?? 'policy_failed', detail })
    return decision
  }
}

function decisionOf({ policy: { name, digest }, ...line }: DecisionLine): Decision {
  const { id, point, subject, allow, rule, reasons, at } = line
  return { id, point, subject, allow, rule, reasons, policy: { name, digest }, at }
}
