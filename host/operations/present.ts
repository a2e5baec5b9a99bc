/** Defines the form in which the command line shows an operation's answer. */
import type { z } from 'zod'
import type { Operation } from './operation.ts'

/** The terminal output of an operation. */
export interface Rendered {
  /** The data, printed to standard output. */
  readonly lines: readonly string[]
  /** Bytes printed to standard output as they are, instead of lines. */
  readonly bytes?: Uint8Array
  /** Remarks about the data, printed to standard error. */
  readonly notes?: readonly string[]
}

/** The screen that shows an answer. */
export interface Screen {
  /** Its width in cells; infinite if another program reads. */
  readonly width: number
  /** The current time in milliseconds since 1970, to show times as a span before it; null to show them as dates. */
  readonly now: number | null
  /** Returns the command that starts the command line here: `ripple`, or an equivalent. */
  readonly command: () => string
}

/** The screen of a program that reads the output: text is never cut, and the same answer gives the same text. */
export const noScreen: Screen = { width: Number.POSITIVE_INFINITY, now: null, command: () => 'ripple' }

/** A request to `POST /v1/completions` whose answer is streamed in pieces. */
export interface CompletionCall {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** The form in which the command line shows one operation. */
export interface Presentation<I extends z.ZodType, O extends z.ZodType> {
  /** The work that a person waits for, shown with the seconds. */
  readonly doing?: string
  /** Returns the streaming request that the command sends instead, to print the answer as it arrives. */
  completion?(input: z.output<I>): CompletionCall
  /** Returns the note for a person who ended the command before its answer. */
  unheard?(input: z.output<I>): string
  render(output: z.output<O>, screen: Screen): Rendered
  /** Returns the input of the call that shows what follows this answer; null if the command ends with it. */
  next?(input: z.output<I>, output: z.output<O>): z.input<I> | null
  /** Whether a terminal shows the answer again and again, until a key ends it. */
  isLive?(input: z.output<I>): boolean
  /** Returns the exit code of an answer that is not an error; 0 by default. */
  exit?(output: z.output<O>): number
}

/** A presentation that takes the input as it was checked, and the output also after a trip through JSON. */
export interface Presenter {
  readonly operation: Operation
  /** Null for an operation that ends at once or reports its steps itself. */
  readonly doing: string | null
  completion(input: unknown): CompletionCall | null
  unheard(input: unknown): string | null
  render(output: unknown, screen?: Screen): Rendered
  next(input: unknown, output: unknown): unknown
  isLive(input: unknown): boolean
  exit(output: unknown): number
}

/** Says how the command line shows an operation. */
export function present<I extends z.ZodType, O extends z.ZodType>(
  operation: Operation<I, O>,
  shown: Presentation<I, O>,
): Presenter {
  const { input, output } = operation
  return {
    operation,
    doing: shown.doing ?? null,
    completion: (given) => shown.completion?.(input.parse(given)) ?? null,
    unheard: (given) => shown.unheard?.(input.parse(given)) ?? null,
    render: (given, screen = noScreen) => shown.render(output.parse(given), screen),
    next: (given, answer) => shown.next?.(input.parse(given), output.parse(answer)) ?? null,
    isLive: (given) => shown.isLive?.(input.parse(given)) ?? false,
    exit: (given) => shown.exit?.(output.parse(given)) ?? 0,
  }
}
