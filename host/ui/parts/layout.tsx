/** Lays out views: titles, cards, lists of facts, empty places, bars. */
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { Read } from '../state/operations.ts'
import { useSwitch } from '../state/switch.ts'
import { words } from '../words/words.ts'
import { TroubleView } from './trouble.tsx'

interface ViewProps {
  readonly title: string
  /** Buttons next to the title. */
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

/** Shows a view with its title, which gets the focus when the view opens. */
export function View({ title, actions, children }: ViewProps) {
  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{title}</h1>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </>
  )
}

interface CardProps {
  readonly title: string
  readonly actions?: ComponentChildren
  readonly class?: string
  readonly children: ComponentChildren
}

/** Shows a region with its title. */
export function Card({ title, actions, class: name = '', children }: CardProps) {
  const id = useId()
  return (
    <section class={`card ${name}`} aria-labelledby={id}>
      <div class="head">
        <h2 id={id}>{title}</h2>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </section>
  )
}

/** Shows names with their values. Values that are null are left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  const shown = facts.filter(([, value]) => value !== null && value !== undefined && value !== '')
  return (
    <dl class="facts">
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Shows why a place is empty, and the next step. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>
}

interface LoadedProps<T> {
  readonly read: Read<T>
  readonly children: (value: T) => ComponentChildren
}

/** Shows what was read once it is there, with the error of a later call above it. */
export function Loaded<T>({ read, children }: LoadedProps<T>) {
  return (
    <>
      {read.trouble && <TroubleView trouble={read.trouble} again={read.again} />}
      {read.value !== null ? children(read.value) : !read.trouble && <Waiting />}
    </>
  )
}

interface FoldedProps {
  readonly summary: string
  readonly children: () => ComponentChildren
}

/** Shows a summary that opens. Its content is rendered, and so read from the daemon, only while it is open. */
export function Folded({ summary, children }: FoldedProps) {
  const shown = useSwitch()
  return (
    <details onToggle={(event) => event.currentTarget.open !== shown.on && shown.toggle()}>
      <summary>{summary}</summary>
      {shown.on && children()}
    </details>
  )
}

/** Shows that something is under way. */
export function Waiting({ text = words.parts.loading }: { text?: string }) {
  return (
    <p class="under-way" role="status">
      {text}
    </p>
  )
}

interface BarProps {
  readonly label: string
  /** From 0 to 1. */
  readonly share: number
  /** The figures next to it, in words. */
  readonly text: ComponentChildren
  /** `tight` warns. */
  readonly tone?: 'plain' | 'tight'
}

/** Shows a share as a bar, with its figures in words. */
export function Bar({ label, share, text, tone = 'plain' }: BarProps) {
  const id = useId()
  return (
    <div class={`bar ${tone}`}>
      <span id={id}>{label}</span>
      <meter aria-labelledby={id} min={0} max={1} value={Math.min(1, Math.max(0, share))} />
      <span class="soft">{text}</span>
    </div>
  )
}

/** Shows a state as a coloured word. */
export function State({
  tone,
  children,
}: {
  tone: 'good' | 'busy' | 'warn' | 'bad' | 'off'
  children: ComponentChildren
}) {
  return <span class={`state ${tone}`}>{children}</span>
}
