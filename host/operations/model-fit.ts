/** Defines the verb `model fit`. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import type { Context, FitView } from './context.ts'
import { fields } from './layout.ts'
import { size } from './text.ts'
import { fitView } from './views.ts'
import { operation } from './whole.ts'

const input = z.strictObject({
  name: z.string().min(1).max(128),
  context_tokens: z.number().int().min(1).max(10_000_000).default(limits.fit_context_tokens),
})

/** Judges whether a model can run here, and how fast. */
export const modelFit = operation<Context, typeof input, typeof fitView>({
  name: 'model.fit',
  effect: 'read',
  summary: 'Tell whether a model will run here and how fast, before it is fetched',
  examples: ['ripple model fit Qwen3-4B', 'ripple model fit gemma-3-270m --context 32768'],
  input,
  output: fitView,
  cli: {
    name: { as: '<NAME>', about: "the model's name, or the sha256 or CID of a file that a peer has" },
    context_tokens: {
      as: '--context <TOKENS>',
      about: 'the context that it is to be run with',
      kind: 'number',
    },
  },
  waits: () => true,
  run: (context, { name, context_tokens }, signal) => context.models.fit(name, context_tokens, signal),
  render: (fit, screen) => ({ lines: fields(rowsOf(fit), screen), notes: [...fit.notes] }),
})

const verdicts = { fits: 'it fits', tight: 'a tight fit', does_not_fit: 'it does not fit' }

function rowsOf(fit: FitView): Array<readonly [string, string]> {
  const { memory_bytes, free_memory, file_bytes, free_disk, tokens_per_second: speed } = fit
  const bytes = (figure: FitView['file_bytes']): string =>
    figure.value === null ? 'not known' : `${size(figure.value)} (${figure.basis})`
  const rate = speed.value === null ? '' : `${speed.value} tokens a second (${speed.basis}): `
  return [
    ['model', `${fit.name}: ${verdicts[fit.verdict]}`],
    ...fit.reasons.map((reason) => ['', reason] as const),
    [
      'memory',
      `${bytes(memory_bytes)} with a context of ${fit.context_tokens} tokens; ${bytes(free_memory)} free`,
    ],
    [
      'disk',
      fit.here ? `${bytes(file_bytes)}, here already` : `${bytes(file_bytes)}; ${bytes(free_disk)} free`,
    ],
    ['speed', `${rate}${fit.speed_note}`],
  ]
}
