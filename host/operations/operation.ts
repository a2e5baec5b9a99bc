/** Defines the form of an operation: data about one verb, from which each of its surfaces is made. */
import type { z } from 'zod'
import type { Facts } from '../errors/ripple-error.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { ErrorCode } from '../errors/table.ts'
import type { DeepReadonly } from '../types/deep-readonly.ts'
import { owner, type Principal, type Scope } from '../types/principal.ts'
import { describeIssue, flawOf } from '../types/text/describe-issue.ts'

/** An operation's effect: it only reads, it also writes, or it may remove something for good. */
export type Effect = 'read' | 'write' | 'destroy'

const scopes = { read: 'read', write: 'write', destroy: 'admin' } as const satisfies Record<Effect, Scope>

/**
 * The conversion of typed words to a value. A `list` has commas between its items, and a `path` is made absolute. A
 * `duration` is `500ms`, `90s`, `5m` or `1h`, and becomes milliseconds. A `json` is a document, or the path of a file
 * that holds one. The `prompt` kinds are UTF-8 from the argument, a file or standard input. A `stdin-bytes` is standard
 * input in base64.
 */
export type FlagKind =
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

/** One way to type an input field. */
export interface Flag {
  /** `<ID>` or `[FILE]` for a positional argument, `--flag <VALUE>` or `--flag` for an option. */
  readonly as: string
  /** The conversion of its words; it follows from the field's schema if left out. */
  readonly kind?: FlagKind
  /** The help text, for a way that means something else than the field's description. */
  readonly about?: string
}

/** The ways to type one field; a text is a way whose kind follows from the field's schema. */
export type Flags = string | Flag | ReadonlyArray<string | Flag>

/** The surfaces on which an operation appears. */
export interface Surfaces<Field extends string = string> {
  /** The words of its command, if people would not type the name, and its flags by field; without it, no command. */
  readonly cli?: { readonly words?: string; readonly flags?: Readonly<Partial<Record<Field, Flags>>> }
  /** Whether the daemon has a route for it; true if left out. */
  readonly http?: boolean
  /** The name of its MCP tool; without it, no tool. */
  readonly mcp?: string
}

/** An author's definition of an operation. */
export interface OperationSpec<I extends z.ZodType, O extends z.ZodType, N extends string> {
  /** `noun.verb`, or one word for the daily verbs. */
  readonly name: N
  /** Further names, each a route and a command as well. */
  readonly also?: readonly string[]
  /** A few words, for lists and menus. */
  readonly title: string
  /** One sentence without a full stop, for people. */
  readonly summary: string
  /** When to use it and what follows from it, for agents and their authors. */
  readonly description: string
  readonly effect: Effect
  /** The scope that it requires, if that does not follow from its effect: `infer` for an ask of a model. */
  readonly scope?: Scope
  /** Whether a repetition changes nothing more; `by key` if only with the same key. An operation that reads is. */
  readonly idempotent?: boolean | 'by key'
  /** The input, with a description, bounds and a default of each field. */
  readonly input: I
  readonly output: O
  /** The codes that it rejects with, besides those of every request (`commonErrors`). */
  readonly errors: readonly ErrorCode[]
  /** The input field whose value is the key of its progress events in `GET /api/events`. */
  readonly progress?: keyof z.input<I> & string
  /** Whether it takes as long as its work does, so that a client waits for its answer without a deadline. */
  readonly waits?: boolean | ((input: z.output<I>) => boolean)
  /** Command lines as a person types them. */
  readonly examples: readonly string[]
  readonly surfaces: Surfaces<keyof z.input<I> & string>
}

/** One verb, the source of its command, route, docs, schemas and tool. */
export interface Operation<
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
  N extends string = string,
> {
  readonly name: N
  /** Its name and the further ones. */
  readonly names: readonly string[]
  readonly title: string
  readonly summary: string
  readonly description: string
  readonly effect: Effect
  readonly scope: Scope
  readonly idempotent: boolean | 'by key'
  readonly input: I
  readonly output: O
  readonly errors: readonly ErrorCode[]
  readonly progress: string | null
  readonly examples: readonly string[]
  readonly surfaces: Surfaces
  /** The ways to type each field. */
  readonly flags: Readonly<Record<string, readonly Flag[]>>
  /** Returns the words of the command for one of the names. */
  command(name: string): string
  waits(input: unknown): boolean
}

/** Codes with which any route may refuse a request. */
export const commonErrors: readonly ErrorCode[] = [
  'RIPPLE_BODY_INVALID',
  'RIPPLE_BODY_TOO_LARGE',
  'RIPPLE_UNAUTHORIZED',
  'RIPPLE_SCOPE_REFUSED',
  'RIPPLE_FOREIGN_HOST',
  'RIPPLE_FOREIGN_ORIGIN',
  'RIPPLE_INTERRUPTED',
  'RIPPLE_INTERNAL',
]

/** Defines an operation. */
export function defineOperation<I extends z.ZodType, O extends z.ZodType, const N extends string>(
  spec: OperationSpec<I, O, N>,
): Operation<I, O, N> {
  const { name, effect, waits = false } = spec
  const words = spec.surfaces.cli?.words
  return {
    ...spec,
    names: [name, ...(spec.also ?? [])],
    scope: spec.scope ?? scopes[effect],
    idempotent: spec.idempotent ?? effect === 'read',
    progress: spec.progress ?? null,
    flags: Object.fromEntries(
      Object.entries<Flags | undefined>(spec.surfaces.cli?.flags ?? {}).map(([field, ways = []]) => [
        field,
        [ways].flat().map((way) => (typeof way === 'string' ? { as: way } : way)),
      ]),
    ),
    command: (one) => (one === name && words !== undefined ? words : one.replace('.', ' ')),
    waits: (input) => (typeof waits === 'function' ? waits(parseInput(spec.input, input)) : waits),
  }
}

/** An operation that can be called; `C` is its context. */
export interface Handler<C> {
  readonly operation: Operation
  /**
   * Checks the input, runs for this principal (the owner by default), checks the output. Rejects with
   * `RIPPLE_BODY_INVALID`, and as the operation does.
   */
  call(context: C, input: unknown, signal: AbortSignal, principal?: Principal): Promise<unknown>
}

/** Says how an operation runs. */
export function handle<C, I extends z.ZodType, O extends z.ZodType>(
  operation: Operation<I, O>,
  run: (
    context: C,
    input: z.output<I>,
    signal: AbortSignal,
    principal: Principal,
  ) => Promise<DeepReadonly<z.input<O>>>,
): Handler<C> {
  return {
    operation,
    call: async (context, input, signal, principal = owner) =>
      operation.output.parse(await run(context, parseInput(operation.input, input), signal, principal)),
  }
}

/**
 * Checks an input. Throws `RIPPLE_BODY_INVALID`, whose facts name the field (`param`) and its fault (`flaw`). A check
 * with a code of its own (`refuse`) throws that code.
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
