/** Takes a request to a provider through filter, policy and budget. */
import type { Secret, Secrets } from '../config/secrets.ts'
import type { ProviderConfig, UpstreamConfig } from '../config/upstream.ts'
import { refusedByPolicy } from '../errors/refused-by-policy.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import type { ErrorCode } from '../errors/table.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../types/clock.ts'
import type { DataClass } from '../types/data-class.ts'
import type { Decision, Gate } from '../types/decision.ts'
import { type Principal, principalFact } from '../types/principal.ts'
import type { Budget, Reservation } from './budget.ts'
import { type FilteredRequest, filterRequest } from './filter/filter-ask.ts'
import { type Family, type FindingKind, findingFamilies } from './filter/finding.ts'
import type { EgressLine, Provider, ProviderAnswer, ProviderRequest } from './port.ts'

/** The ports that a request to a provider passes. */
export interface EgressNeeds {
  readonly config: UpstreamConfig
  /** The network's name: nothing leaves `local`. */
  readonly network: string
  readonly secrets: Secrets
  /** Returns the keys that open this daemon's own API. Rejects if they exist and cannot be read. */
  apiKeys(): Promise<readonly string[]>
  readonly gate: Gate
  readonly clock: Clock
  /** Stores one line of the audit. */
  record(line: EgressLine): void
}

/** A request on its way out. */
export interface Egress {
  readonly config: ProviderConfig
  readonly upstream: Provider
  readonly request: ProviderRequest
  readonly dataClass: DataClass
  readonly trace_id: string
  readonly principal: Principal | undefined
  readonly budget: Budget
  readonly needs: EgressNeeds
}

/** Codes of requests that were not made. */
const unmade: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'RIPPLE_UPSTREAM_NO_KEY',
  'RIPPLE_UPSTREAM_UNABLE',
])

/** Codes of requests for which a provider ran nothing. */
const unused: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'RIPPLE_UPSTREAM_KEY',
  'RIPPLE_UPSTREAM_MODEL',
  'RIPPLE_UPSTREAM_BUSY',
])

/** A request after filter and policy. */
interface Judged {
  readonly filtered: FilteredRequest
  readonly decision: Decision
  readonly bytesOut: number
}

/** Returns a provider's key; null if it needs none. Rejects with `RIPPLE_UPSTREAM_NO_KEY`. */
export async function keyOf({ name, key }: ProviderConfig, secrets: Secrets): Promise<Secret | null> {
  if (key === null) return null
  const found = await secrets.get(key)
  if (found === null) throw new RippleError('RIPPLE_UPSTREAM_NO_KEY', { provider: name, secret: key })
  return found
}

/** Takes a request through filter, policy and budget to its provider. Rejects as `Providers.ask` does. */
export async function letOut(
  egress: Egress,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  signal.throwIfAborted()
  // Checked before anything is charged: a provider without its key cannot be asked.
  await keyOf(egress.config, egress.needs.secrets)
  return charge(egress, await judge(egress, false), onText, signal)
}

/** Takes a request whose answer is stored here through filter and policy. Rejects as `Providers.repeat` does. */
export async function letRepeat(egress: Egress): Promise<void> {
  record(egress, await judge(egress, true), { outcome: 'kept', code: null, bytes_in: 0, tokens: 0 })
}

/** Filters a request and asks the policy about it. Rejects if it may not leave, and records that. */
async function judge(egress: Egress, isKept: boolean): Promise<Judged> {
  const judged = await decide(egress, isKept)
  const refusal = refusalOf(judged, egress.trace_id)
  if (refusal === null) return judged
  record(egress, judged, { outcome: 'refused', code: refusal.code, bytes_in: 0, tokens: 0 })
  throw refusal
}

/** Returns the filtered request and the policy's decision about it. */
async function decide(egress: Egress, isKept: boolean): Promise<Judged> {
  const { config, request, dataClass, trace_id, principal, budget, needs } = egress
  const filtered = filterRequest(request, needs.config.filter, await ownSecrets(needs))
  const { input, format, stop } = filtered.request
  const bytesOut = Buffer.byteLength(JSON.stringify({ input, format, stop }))
  const { tokens_left, requests_left, limits: most } = budget.left()
  const decision = await needs.gate.decide('egress', trace_id, {
    provider: config.name,
    provider_kind: config.kind,
    data_class: dataClass,
    network: needs.network,
    // An allow for a data class that the provider is not approved for does not count.
    allows: needs.config.allows.filter(
      (allow) => allow.provider !== config.name || config.data_classes.includes(allow.data_class),
    ),
    secrets_found: countOf(filtered.left, 'secrets'),
    pii_found: countOf(filtered.left, 'pii'),
    secrets_masked: countOf(filtered.masked, 'secrets'),
    pii_masked: countOf(filtered.masked, 'pii'),
    bytes: bytesOut,
    budget: { tokens_left, requests_left },
    // A stored answer takes nothing from the budget, so all of that is left for it.
    budget_left: isKept
      ? 1
      : Math.min(shareOf(tokens_left, most.tokens_per_day), shareOf(requests_left, most.requests_per_day)),
    now: needs.clock.now(),
    principal: principalFact(principal),
  })
  return { filtered, decision, bytesOut }
}

/** Returns the values of all secrets. A secret that cannot be read cannot be found in a text, so then nothing leaves. */
export async function ownSecrets({
  secrets,
  apiKeys,
}: Pick<EgressNeeds, 'secrets' | 'apiKeys'>): Promise<string[]> {
  const places = await secrets.list()
  const found = await Promise.all(places.map(({ name }) => secrets.get(name)))
  return [...found.flatMap((secret) => (secret === null ? [] : [secret.reveal()])), ...(await apiKeys())]
}

/**
 * Returns why a request may not leave; null if it may. A finding of the filter is the clearer reason, so it comes before the
 * policy's.
 */
function refusalOf({ filtered, decision }: Judged, trace_id: string): RippleError | null {
  if (filtered.left.length > 0) {
    const kinds = [...new Set(filtered.left)].map((kind) => kind.replaceAll('_', ' ')).join(', ')
    return new RippleError('RIPPLE_UPSTREAM_FILTERED', { kinds })
  }
  return decision.allow ? null : refusedByPolicy(decision, trace_id)
}

/** Reserves the most that the request may cost, asks the provider, and returns the unused rest. */
async function charge(
  egress: Egress,
  judged: Judged,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const { request } = judged.filtered
  const reserved = await reserve(egress, judged)
  let bytes_in = 0
  const counted = (text: string): void => {
    bytes_in += Buffer.byteLength(text)
    onText(text)
  }
  const guess = (bytesBeside = 0) =>
    Math.ceil((judged.bytesOut + bytes_in + bytesBeside) / limits.upstream_token_bytes)
  // `tokens` is null if there was no request.
  const settle = async (outcome: 'answered' | 'failed', code: ErrorCode | null, tokens: number | null) => {
    const settling = tokens === null ? reserved.release() : reserved.settle(tokens)
    // An amount that cannot be returned stays counted, which is no reason to lose an answer.
    await settling.catch(() => {})
    record(egress, judged, { outcome, code, bytes_in, tokens: tokens ?? 0 })
  }
  let asked = false
  try {
    signal.throwIfAborted()
    asked = true
    const answer = await egress.upstream.ask(request, counted, signal)
    const { usage } = answer
    await settle('answered', null, usage ? usage.tokens_in + usage.tokens_out : guess(answer.bytes_beside))
    return answer
  } catch (thrown) {
    const code = signal.aborted ? 'RIPPLE_INTERRUPTED' : toRippleError(thrown).code
    // The provider may continue with the request, and a model may have thought long before its first word.
    const tokens = mayHaveRun(thrown) ? Math.max(reserved.tokens, guess()) : 0
    await settle('failed', code, asked && !unmade.has(toRippleError(thrown).code) ? tokens : null)
    throw thrown
  }
}

/** Whether a provider may have worked, and may charge for it, although its answer failed. */
function mayHaveRun(thrown: unknown): boolean {
  const { code, facts } = toRippleError(thrown)
  return !unused.has(code) && facts.ran !== false
}

/** Reserves one token for each byte: no tokenizer makes more. */
async function reserve(egress: Egress, judged: Judged): Promise<Reservation> {
  try {
    return await egress.budget.reserve(judged.bytesOut + judged.filtered.request.max_tokens)
  } catch (thrown) {
    const { code } = toRippleError(thrown)
    record(egress, judged, { outcome: 'refused', code, bytes_in: 0, tokens: 0 })
    throw thrown
  }
}

function record(
  { config, request, dataClass, trace_id, needs }: Egress,
  { filtered, decision, bytesOut }: Judged,
  end: Pick<EgressLine, 'outcome' | 'code' | 'bytes_in' | 'tokens'>,
): void {
  needs.record({
    at: needs.clock.now(),
    trace_id,
    provider: config.name,
    model: request.model,
    data_class: dataClass,
    decision: decision.id,
    masked: countEach(filtered.masked),
    found: countEach(filtered.left),
    bytes_out: end.outcome === 'refused' || end.outcome === 'kept' ? 0 : bytesOut,
    ...end,
  })
}

function countOf(kinds: readonly FindingKind[], family: Family): number {
  return kinds.filter((kind) => findingFamilies[kind] === family).length
}

function countEach(kinds: readonly FindingKind[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

function shareOf(left: number, most: number): number {
  return most === 0 ? 0 : left / most
}
