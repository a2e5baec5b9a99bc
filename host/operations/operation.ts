/** Defines the form of a verb, and checks its input and output. */
import type { z } from 'zod'
import type { Facts } from '../errors/ripple-error.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { describeIssue, flawOf } from '../types/describe-issue.ts'
import { owner, type Principal, type Scope } from '../types/principal.ts'

/** The command line form of one input field. */
export interface CliField {
  /** `<ID>` or `[FILE]` for a positional argument, `--flag <VALUE>` or `--flag` for an option. */
  readonly as: string
  readonly about: string
  /**
   * The conversion of the words to a value; `text` by default. A `list` has commas between its items, and a `path` is
   * made absolute. A `duration` is `500ms`, `90s`, `5m` or `1h`, and becomes milliseconds. A `json` is a document, or
   * the path of a file that holds one. The `prompt` kinds are UTF-8 from the argument, a file or standard input. A
   * `stdin-bytes` is standard input in base64.
   */
  readonly kind?:
    | 'text'
    | 'list'
    | 'number'
    | 'boolean'
    | 'path'
    | 'duration'
    | 'json'
    | 'prompt'
    | 'prompt-file'
    | 'prompt-stdin'
    | 'stdin-bytes'
}

/** The command line forms of one field. */
export type CliFields = CliField | readonly CliField[]

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

/** An operation's effect: it only reads, it also writes, or it may remove something for good. */
export type Effect = 'read' | 'write' | 'destroy'

const scopes = { read: 'read', write: 'write', destroy: 'admin' } as const satisfies Record<Effect, Scope>

/** An author's definition of a verb; `C` is its context. */
export interface OperationSpec<C, I extends z.ZodType, O extends z.ZodType> {
  /** `noun.verb`, or one word for the daily verbs. */
  readonly name: string
  readonly effect: Effect
  /** The scope that it requires, if that does not follow from its effect: `infer` for an ask of a model. */
  readonly scope?: Scope
  /** The words of its command, if people would not type the name. */
  readonly command?: string
  /** One sentence without a full stop. */
  readonly summary: string
  /** Command lines as a person types them. */
  readonly examples: readonly string[]
  readonly input: I
  readonly output: O
  /** Command line form of the input's fields. */
  readonly cli: Readonly<Partial<Record<keyof z.input<I> & string, CliFields>>>
  /** Returns the key of the task that it posts. */
  key?(input: z.output<I>): string
  /** Returns the key for its progress events, if it posts no task of its own. */
  told?(input: z.output<I>): string
  /** Whether it takes as long as its work does, so that a client waits for its answer without a deadline. */
  waits?(input: z.output<I>): boolean
  /** The work that a person waits for, shown with the seconds. */
  readonly doing?: string
  /** Returns the streaming request that the command sends instead, to print the answer as it arrives. */
  completion?(input: z.output<I>): CompletionCall
  run(context: C, input: z.output<I>, signal: AbortSignal, principal: Principal): Promise<z.input<O>>
  render(output: z.output<O>, screen: Screen): Rendered
  /** Returns the exit code of an answer that is not an error; 0 by default. */
  exit?(output: z.output<O>): number
}

/** One verb, the source of its CLI command, HTTP route and docs row. */
export interface Operation<C> {
  readonly name: string
  readonly effect: Effect
  readonly scope: Scope
  readonly command: string
  readonly summary: string
  readonly examples: readonly string[]
  readonly input: z.ZodType
  readonly output: z.ZodType
  readonly cli: Readonly<Record<string, readonly CliField[]>>
  key(input: unknown): string | null
  told(input: unknown): string | null
  waits(input: unknown): boolean
  /** The work that a person waits for; null for a verb that ends at once or reports its steps itself. */
  readonly doing: string | null
  completion(input: unknown): CompletionCall | null
  /** Checks the input, runs for this principal (the owner by default), checks the output. Rejects with `RIPPLE_BODY_INVALID`, and as the verb does. */
  call(context: C, input: unknown, signal: AbortSignal, principal?: Principal): Promise<unknown>
  /** Renders the output of `call`, also after a trip through JSON. */
  render(output: unknown, screen?: Screen): Rendered
  exit(output: unknown): number
}

/** Defines a verb, with the types of its input and output checked against each other. */
export function operation<C, I extends z.ZodType, O extends z.ZodType>(
  spec: OperationSpec<C, I, O>,
): Operation<C> {
  return {
    name: spec.name,
    effect: spec.effect,
    scope: spec.scope ?? scopes[spec.effect],
    command: spec.command ?? spec.name.replace('.', ' '),
    summary: spec.summary,
    examples: spec.examples,
    input: spec.input,
    output: spec.output,
    cli: Object.fromEntries(
      Object.entries<CliFields | undefined>(spec.cli).map(([field, given]) => [
        field,
        given ? [given].flat() : [],
      ]),
    ),
    key: (input) => spec.key?.(parseInput(spec.input, input)) ?? null,
    told: (input) => (spec.told ?? spec.key)?.(parseInput(spec.input, input)) ?? null,
    waits: (input) => spec.waits?.(parseInput(spec.input, input)) ?? false,
    doing: spec.doing ?? null,
    completion: (input) => spec.completion?.(parseInput(spec.input, input)) ?? null,
    call: async (context, input, signal, principal = owner) =>
      spec.output.parse(await spec.run(context, parseInput(spec.input, input), signal, principal)),
    render: (output, screen = noScreen) => spec.render(spec.output.parse(output), screen),
    exit: (output) => spec.exit?.(spec.output.parse(output)) ?? 0,
  }
}

/**
 * Checks a verb's input. Throws `RIPPLE_BODY_INVALID`, whose facts name the field (`param`) and its fault (`flaw`). A
 * check with a code of its own (`refuse`) throws that code.
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  if (issue?.code === 'custom' && issue.params?.refusal instanceof RippleError) throw issue.params.refusal
  const { field, words } = flawOf(parsed.error)
  throw new RippleError('RIPPLE_BODY_INVALID', {
    detail: describeIssue(parsed.error),
    param: field,
    flaw: words,
  })
}

/** Returns a zod check that refuses with a code of its own instead of the general one. */
export function refuse<T>(
  code: ConstructorParameters<typeof RippleError>[0],
  facts: (value: T) => Facts | null,
): (value: T, context: z.core.$RefinementCtx<T>) => void {
  return (value, context) => {
    const found = facts(value)
    if (found === null) return
    context.addIssue({ code: 'custom', input: value, params: { refusal: new RippleError(code, found) } })
  }
}
