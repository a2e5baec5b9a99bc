/** Shows an answer. */
import type { ComponentChildren } from 'preact'
import { TroubleView } from '../../parts/trouble.tsx'
import { nameOf } from '../../state/machines.ts'
import { type Exchange, isOpen, type Step, speed } from './exchange.ts'
import { labelOf } from './model-groups.ts'

/** Shows the answer as it comes, its origin, and the steps of its task. Its text is always shown as plain text. */
export function AnswerView({ exchange }: { exchange: Exchange }) {
  return (
    <section class="card" aria-labelledby="answer-head" aria-busy={isOpen(exchange)}>
      <div class="head">
        <h2 id="answer-head">Answer</h2>
        <p role="status" class={`phase ${exchange.phase}`}>
          {wordOf(exchange)}
        </p>
      </div>
      {exchange.text !== '' && <div class="answer">{exchange.text}</div>}
      {exchange.trouble && <TroubleView trouble={exchange.trouble} />}
      {exchange.phase === 'done' && exchange.text === '' && <p class="hint">The model said nothing.</p>}
      <Facts exchange={exchange} />
      {exchange.steps.length > 0 && <Steps steps={exchange.steps} />}
    </section>
  )
}

function wordOf(exchange: Exchange): string {
  const last = exchange.steps.at(-1)
  switch (exchange.phase) {
    case 'asking':
      return last ? `${last.text}${last.peer === null ? '' : `: ${nameOf(last.peer)}`} …` : 'asking …'
    case 'answering':
      return 'answering …'
    case 'done':
      return exchange.finish === 'length' ? cutOff(exchange) : 'complete'
    case 'stopped':
      return 'stopped by you'
    case 'failed':
      return exchange.text === '' ? 'no answer' : 'broken off'
  }
}

/** Names the number of tokens, because the limit may be the daemon's default and not the user's. */
function cutOff({ tokens }: Exchange): string {
  return tokens === null ? 'cut off' : `cut off after ${tokens.out.toLocaleString('en')} tokens`
}

function Facts({ exchange }: { exchange: Exchange }) {
  const { origin, tokens } = exchange
  const { first_ms, per_second } = speed(exchange)
  const by = answeredBy(exchange)
  return (
    <dl class="facts">
      {by !== null && (
        <Fact name="Answered by" wide>
          {by} {origin?.peer && <code>{origin.peer}</code>}
        </Fact>
      )}
      {exchange.phase !== 'asking' && <Fact name="Model">{labelOf(exchange.model, nameOf)}</Fact>}
      {first_ms !== null && <Fact name="First token">{milliseconds(first_ms)}</Fact>}
      {per_second !== null && <Fact name="Speed">{per_second.toFixed(1)} tokens/s</Fact>}
      {tokens !== null && (
        <Fact name="Tokens">
          {tokens.in} read, {tokens.out} written
        </Fact>
      )}
      {origin?.why && (
        <Fact name="Why so" wide>
          {origin.why}
        </Fact>
      )}
    </dl>
  )
}

function Fact({ name, wide, children }: { name: string; wide?: boolean; children: ComponentChildren }) {
  return (
    <div class={wide ? 'wide' : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function answeredBy({ origin }: Exchange): string | null {
  if (origin?.peer) return nameOf(origin.peer)
  switch (origin?.route) {
    case 'cache':
      return 'the prompt cache of this machine: nothing was computed'
    case 'upstream':
      return 'a provider beyond the mesh'
    case 'ensemble':
      return 'several members: the answer is that of the most weight'
    default:
      return null
  }
}

function Steps({ steps }: { steps: readonly Step[] }) {
  const begun = steps[0]?.at ?? 0
  return (
    <details class="steps">
      <summary>The way of its task</summary>
      <ol>
        {steps.map((step, index) => (
          <li key={index}>
            <span>{step.text}</span>
            <span>{step.peer === null ? '' : nameOf(step.peer)}</span>
            <span>{milliseconds(step.at - begun)}</span>
          </li>
        ))}
      </ol>
    </details>
  )
}

function milliseconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
