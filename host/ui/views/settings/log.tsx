/** Shows the daemon's log as it is written. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { AnswerOf } from '../../daemon/call.ts'
import { cut } from '../../format/cut.ts'
import { moment } from '../../format/format.ts'
import { CheckField, SelectField } from '../../parts/fields.tsx'
import { Card, Empty, State, Waiting } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { words } from '../../words/words.ts'
import { type Level, useLog } from './use-log.ts'

type Line = AnswerOf<'logs'>['lines'][number]

const levels: readonly Level[] = ['debug', 'info', 'warn', 'error']
const tones = { debug: 'off', info: 'busy', warn: 'warn', error: 'bad' } as const

/** The most characters of a line's fields that are shown; all are on hover. */
const FIELDS_CHARS = 300
/** The distance from the end, in pixels, within which the list follows new lines. */
const NEAR_END = 40

const text = words.settings.log

/** Shows the card. */
export function LogCard() {
  const level = useSignal('info')
  const follow = useSignal(true)
  const { page, trouble } = useLog(level.value as Level, follow.value)
  const least = page?.least ?? 'debug'
  return (
    <Card title={text.title}>
      <div class="log-choice">
        <SelectField label={text.level} chosen={level}>
          {levels.map((one) => (
            <option key={one} value={one}>
              {text.levels[one]}
            </option>
          ))}
        </SelectField>
        <CheckField label={text.follow} checked={follow} />
      </div>
      {levels.indexOf(least) > levels.indexOf(level.value as Level) && (
        <p class="hint">{text.least(text.levels[least])}</p>
      )}
      {trouble && <TroubleView trouble={trouble} />}
      {page === null ? !trouble && <Waiting /> : <Lines lines={page.lines} />}
      {page?.more && <p class="hint">{text.more}</p>}
    </Card>
  )
}

/** Shows the lines; the newest stay in sight unless a person has scrolled up. */
function Lines({ lines }: { lines: readonly Line[] }) {
  const box = useRef<HTMLOListElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight
  }, [lines])
  if (lines.length === 0) return <Empty>{text.none}</Empty>
  const look = ({ currentTarget: list }: { currentTarget: HTMLOListElement }): void => {
    isAtEnd.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reached by the keyboard.
    <ol class="log" ref={box} onScroll={look} tabIndex={0} aria-label={text.title}>
      {lines.map((line, at) => (
        <LogLine key={`${line.at} ${at}`} line={line} />
      ))}
    </ol>
  )
}

function LogLine({ line: { at, level, text: sentence, fields } }: { line: Line }) {
  const rest = Object.entries(fields)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(' ')
  const shown = cut(rest, FIELDS_CHARS)
  return (
    <li>
      <time dateTime={new Date(at).toISOString()} title={moment(at)}>
        {new Date(at).toLocaleTimeString('en-GB')}
      </time>
      <State tone={tones[level]}>{text.levels[level]}</State>
      <span class="sentence">
        <bdi>{sentence}</bdi>{' '}
        <bdi class="soft" title={shown === rest ? undefined : rest}>
          {shown}
        </bdi>
      </span>
    </li>
  )
}
