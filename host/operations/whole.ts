/** Defines an operation, its run and its presentation in one piece, for the nouns that are not split yet. */
import type { z } from 'zod'
import type { DeepReadonly } from '../types/deep-readonly.ts'
import type { Principal } from '../types/principal.ts'
import { defineOperation, type Flags, type Handler, handle, type OperationSpec } from './operation.ts'
import { type Presentation, type Presenter, present } from './present.ts'

/** An author's definition of all three. */
export interface WholeSpec<C, I extends z.ZodType, O extends z.ZodType>
  extends Omit<OperationSpec<I, O>, 'title' | 'description' | 'errors' | 'surfaces'>,
    Presentation<I, O> {
  /** The words of its command, if people would not type the name. */
  readonly command?: string
  readonly cli: Readonly<Partial<Record<keyof z.input<I> & string, Flags>>>
  run(
    context: C,
    input: z.output<I>,
    signal: AbortSignal,
    principal: Principal,
  ): Promise<DeepReadonly<z.input<O>>>
}

/** An operation that can be called and shown. */
export type Whole<C> = Handler<C> & Presenter

/** Defines a verb, with the types of its input and output checked against each other. */
export function operation<C, I extends z.ZodType, O extends z.ZodType>(spec: WholeSpec<C, I, O>): Whole<C> {
  const { command, cli, ...rest } = spec
  const words = command === undefined ? {} : { words: command }
  const surfaces = { cli: { ...words, flags: cli } }
  const shape = defineOperation({
    ...rest,
    title: spec.summary,
    description: spec.summary,
    errors: [],
    surfaces,
  })
  return { ...handle(shape, spec.run), ...present(shape, spec) }
}
