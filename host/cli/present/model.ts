/** Shows models on the terminal. */
import type { FitView, ModelMemoryView, ModelView } from '../../operations/context.ts'
import { fields, list, table } from '../../operations/layout.ts'
import {
  modelFit,
  modelLoad,
  modelLs,
  modelMemory,
  modelPause,
  modelPull,
  modelRm,
  modelUnload,
  modelWhere,
} from '../../operations/model/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { size } from '../../operations/text.ts'

/** The presentations of the operations on models. */
export const modelPresenters: readonly Presenter[] = [
  present(modelLs, {
    render: ({ models }, screen) => ({
      lines: table(
        [
          { head: 'NAME', least: 12 },
          'HERE',
          { head: 'LOADED', drop: 2 },
          { head: 'SIZE', drop: 1 },
          { head: 'CONTEXT', drop: 3 },
          { head: 'LICENCE', least: 8, drop: 4 },
          { head: 'SHA256', drop: 5 },
        ],
        models.map((model) => [
          model.name,
          here(model),
          loaded(model),
          model.bytes === null ? '-' : size(model.bytes),
          String(model.context_tokens),
          model.licence,
          model.sha256?.slice(0, 12) ?? '-',
        ]),
        screen,
      ),
      notes: models.flatMap(({ problem }) =>
        problem === null ? [] : [problem.message, `  ${problem.hint}`],
      ),
    }),
  }),
  present(modelPull, {
    render: (model) => ({ lines: [model.path ?? model.name], notes: [`sha256 ${model.sha256 ?? '-'}`] }),
  }),
  present(modelPause, {
    render: ({ name, bytes }) => ({
      lines: [name],
      notes: [bytes === null ? 'no pull of it ran' : `paused; ${size(bytes)} are here`],
    }),
  }),
  present(modelWhere, {
    render: ({ models }, screen) =>
      list(
        [
          { head: 'NAME', least: 12 },
          { head: 'MACHINES', least: 12 },
          { head: 'SHA256', drop: 1 },
        ],
        models.map(({ name, sha256, at }) => [
          name,
          at.map((one) => (one.loaded ? `${one.name} (loaded)` : one.name)).join(', '),
          sha256.slice(0, 12),
        ]),
        { none: 'no machine of this network has a model', screen },
      ),
  }),
  present(modelMemory, { render: (memory, screen) => ({ lines: fields(memoryRows(memory), screen) }) }),
  present(modelRm, {
    render: ({ path, bytes }) => ({ lines: [path], notes: [`${size(bytes)} given back`] }),
  }),
  present(modelLoad, {
    doing: 'loading the model',
    render: ({ name, memory_bytes }) => ({
      lines: [name],
      notes: [memory_bytes === null ? 'loaded' : `loaded, ${size(memory_bytes)} of memory`],
    }),
  }),
  present(modelUnload, {
    doing: 'waiting until its runs have ended',
    render: ({ model, unloaded }) => ({
      lines: [model],
      notes: [unloaded ? 'its memory is given back' : 'it was not loaded'],
    }),
  }),
  present(modelFit, {
    render: (fit, screen) => ({ lines: fields(fitRows(fit), screen), notes: fit.notes }),
  }),
]

function here({ present, pulling, indexing, problem }: ModelView): string {
  if (problem !== null && pulling === null) return 'unusable'
  if (present || indexing) return present ? 'yes' : 'indexing'
  if (pulling === null) return 'no'
  const { bytes, total } = pulling
  if (total === null) return size(bytes)
  return `${total === 0 ? 0 : Math.floor((100 * bytes) / total)} %`
}

function loaded({ loaded: is, memory_bytes, running }: ModelView): string {
  if (!is) return 'no'
  const memory = memory_bytes === null ? 'yes' : size(memory_bytes)
  return running === 0 ? memory : `${memory}, ${running} running`
}

function memoryRows(memory: ModelMemoryView): Array<readonly [string, string]> {
  const { budget_bytes, used_bytes, free_bytes, gpu, folder, free_disk_bytes } = memory
  return [
    ['budget', budget_bytes === null ? 'no bound' : size(budget_bytes)],
    ['used', size(used_bytes)],
    ['free', free_bytes === null ? 'not known' : `${size(free_bytes)} for one model`],
    [
      'GPU',
      gpu === null
        ? 'none: the engine runs on the CPU'
        : `${gpu.devices.join(', ')}: ${size(gpu.budget_bytes)} of ${size(gpu.vram_bytes)} for models`,
    ],
    ['disk', `${size(free_disk_bytes)} free at ${folder}`],
  ]
}

const verdicts = { fits: 'it fits', tight: 'a tight fit', does_not_fit: 'it does not fit' }

function fitRows(fit: FitView): Array<readonly [string, string]> {
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
