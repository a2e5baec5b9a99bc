/** Runs the operations on deployments. */
import type { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Context } from '../context.ts'
import { wideViews } from '../machine/run.ts'
import { type Handler, handle } from '../operation.ts'
import { candidates, type PlacedNode, scoreOf, stepsOf, suggestionFor } from './place.ts'
import { deploymentPlan, deploymentTemplates } from './shape.ts'
import { templates } from './templates.ts'

type Plan = z.output<typeof deploymentPlan.output>

/** The operations on deployments that can be called. */
export const deploymentHandlers: readonly Handler<Context>[] = [
  handle(deploymentTemplates, async () => ({ templates: [...templates] })),
  handle(deploymentPlan, plan),
]

async function plan(
  context: Context,
  { template: id, action, node, tags, vars }: z.output<typeof deploymentPlan.input>,
  signal: AbortSignal,
): Promise<Plan> {
  const template = templates.find((one) => one.id === id)
  if (template === undefined) {
    const known = templates.map((one) => one.id).join(', ')
    throw new RippleError('RIPPLE_TEMPLATE_UNKNOWN', { template: id, known })
  }
  const all = await nodesOf(context, signal)
  const named = node === null ? all : all.filter((one) => one.id === node || one.name === node)
  if (node !== null && named.length === 0) throw new RippleError('RIPPLE_NODE_UNKNOWN', { node })
  const able = candidates(named, tags).map((one) => ({ id: one.id, name: one.name, score: scoreOf(one) }))
  const given = Object.keys(vars)
  return {
    ...{ template: id, action, node: able[0] ?? null, candidates: able },
    steps: stepsOf(template, { ...template.defaults, ...vars }, action),
    missing: template.vars.filter((name) => !given.includes(name) && !(name in template.defaults)),
    unknown: given.filter((name) => !template.vars.includes(name)),
    suggestion: suggestionFor(named, tags),
  }
}

/** Lists the machines of the mesh as placement reads them. */
async function nodesOf(context: Context, signal: AbortSignal): Promise<PlacedNode[]> {
  const views = wideViews(await context.peers(signal), context, Date.now())
  return views.map(({ agent, name, state, waiting, ram_gb, gpu, details }) => ({
    ...{ id: agent, name, online: state === 'online' && waiting === null, tags: details?.tags ?? [] },
    free_memory_gb: ram_gb * (1 - (details?.load?.memory_percent ?? 0) / 100),
    ...{ free_disk_gb: details?.disk_gb ?? 0, has_gpu: gpu !== null },
  }))
}
