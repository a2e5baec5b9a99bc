/** Shows any answer of the daemon as a tree that people can read. */
import type { ComponentChildren } from 'preact'
import { cut } from '../format/cut.ts'
import { partsOf } from '../format/sentence-parts.ts'
import { Copy, Hash } from '../parts/hash.tsx'
import { Duration, Size, When } from '../parts/moments.tsx'
import { words } from '../words/words.ts'

/** The most items of a list, and characters of a text, that are shown. */
const ITEMS_MAX = 100
const TEXT_MAX = 2_000
/** Levels of the tree that are open at first. */
const LEVELS_OPEN = 2
/** Milliseconds since 1970 are larger than this, and durations smaller. */
const MOMENT_MIN = 1e12

/** Shows the answer, with a button that copies it whole. */
export function AnswerTree({ value }: { value: unknown }) {
  return (
    <section class="verb-answer" aria-label={words.bar.answer}>
      <div class="head">
        <h3>{words.bar.answer}</h3>
        <Copy text={JSON.stringify(value, null, 2)} label={words.bar.copyAnswer} />
      </div>
      <Value name="" value={value} level={0} />
    </section>
  )
}

interface ValueProps {
  readonly name: string
  readonly value: unknown
  readonly level: number
}

function Value({ name, value, level }: ValueProps) {
  if (value === null || value === undefined) return <span class="soft">{words.parts.none}</span>
  if (typeof value === 'boolean') return <>{value ? words.parts.yes : words.parts.no}</>
  if (typeof value === 'number') return <Figure name={name} value={value} />
  if (typeof value === 'string') return <Text text={value} />
  const entries: readonly [string, unknown][] = Array.isArray(value)
    ? value.map((one, index) => [String(index + 1), one])
    : Object.entries(value)
  if (entries.length === 0) return <span class="soft">{words.bar.empty}</span>
  const list = <List entries={entries} isCounted={Array.isArray(value)} level={level} />
  if (level === 0) return list
  return (
    <details open={level < LEVELS_OPEN}>
      <summary>{words.bar.items(entries.length)}</summary>
      {list}
    </details>
  )
}

interface ListProps {
  readonly entries: readonly [string, unknown][]
  readonly isCounted: boolean
  readonly level: number
}

function List({ entries, isCounted, level }: ListProps) {
  const rest = entries.length - ITEMS_MAX
  return (
    <>
      <dl class="tree">
        {entries.slice(0, ITEMS_MAX).map(([name, value]) => (
          <div key={name}>
            <dt>{isCounted ? name : name.replaceAll('_', ' ')}</dt>
            <dd>
              <Value name={name} value={value} level={level + 1} />
            </dd>
          </div>
        ))}
      </dl>
      {rest > 0 && <p class="hint">{words.bar.rest(rest)}</p>}
    </>
  )
}

/** Shows a number in the unit that its name ends in. */
function Figure({ name, value }: { name: string; value: number }): ComponentChildren {
  if (/(^|_)at$/.test(name) && value > MOMENT_MIN) return <When at={value} />
  if (/_ms$/.test(name) && value >= 0 && value < MOMENT_MIN) return <Duration ms={value} />
  if (/(^|_)bytes$/.test(name) && value >= 0) return <Size bytes={value} />
  return <>{value}</>
}

function Text({ text }: { text: string }): ComponentChildren {
  if (text === '') return <span class="soft">{words.bar.empty}</span>
  const [first, ...others] = partsOf(text)
  if (first && 'hash' in first && others.length === 0) return <Hash hash={text} />
  return <bdi class="text">{cut(text, TEXT_MAX)}</bdi>
}
