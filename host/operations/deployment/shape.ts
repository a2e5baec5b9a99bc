/** Defines the operations on deployments: they plan, because no executor runs containers yet. */
import { z } from 'zod'
import { TAGS_MAX } from '../../../zomes-bindings/generated/limits.ts'
import { limits } from '../../limits.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const templateView = z.strictObject({
  id: z.string().describe('its name'),
  image: z.string().describe('its container image'),
  vars: z.array(z.string()).describe('the variables that it takes'),
  defaults: z.record(z.string(), z.string()).describe('values of variables that may be left out'),
  port: z.number().int().describe('the port in the container that host_port leads to'),
  volume: z.boolean().describe('whether its data stays in a volume'),
  check: z
    .string()
    .nullable()
    .describe('the command in the container that shows that it works; null without one'),
})

/** Lists the templates of services. */
export const deploymentTemplates = defineOperation({
  name: 'deployment.templates',
  title: 'List templates',
  summary: 'List the templates of services that an executor could run',
  description:
    'Lists the templates of services with their images and variables. A deployment names one. No executor of this version runs them: deployment.plan says what one would do.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({ templates: z.array(templateView).describe('the templates') }),
  errors: [],
  examples: ['curl -X POST .../api/deployment/templates -d {}'],
  surfaces: {},
})

/** A short text, such as a variable's value. */
const value = z.string().max(4_096)

/** The variables of a deployment. */
export const varsField = z
  .record(z.string().min(1).max(64), value)
  .refine(
    (vars) => Object.keys(vars).length <= limits.deployment_vars_max,
    `more than ${limits.deployment_vars_max} variables`,
  )

const placed = z.strictObject({
  id: z.string().describe('its agent key'),
  name: z.string().describe('its name'),
  score: z.number().describe('its score: the highest is chosen'),
})

/** Plans a deployment without running it. */
export const deploymentPlan = defineOperation({
  name: 'deployment.plan',
  title: 'Plan a deployment',
  summary: 'Say where a template would run, and by which steps',
  description:
    'Chooses the machine for a template by its tags, free memory, free disk and GPU, and names the steps of an executor. Nothing is run.',
  effect: 'read',
  input: z.strictObject({
    template: z.string().min(1).max(64).describe('the template'),
    action: z.enum(['apply', 'remove']).default('apply').describe('whether it is to run or to go'),
    node: z
      .string()
      .min(1)
      .max(128)
      .nullable()
      .default(null)
      .describe('name or agent key of the machine; null chooses one'),
    tags: z.array(z.string().min(1).max(64)).max(TAGS_MAX).default([]).describe('tags that it must carry'),
    vars: varsField.default({}).describe("values of the template's variables"),
  }),
  output: z.strictObject({
    template: z.string().describe('the template'),
    action: z.enum(['apply', 'remove']).describe('whether it is to run or to go'),
    node: placed.nullable().describe('the chosen machine; null without one'),
    candidates: z.array(placed).describe('all machines that could run it, the best first'),
    steps: z
      .array(
        z.strictObject({
          step: z.enum(['pull_image', 'create_volume', 'run_compose', 'exec']).describe('its kind'),
          detail: z.string().describe('the image, the volume, the service or the command'),
        }),
      )
      .describe('the steps of an executor, in order'),
    missing: z.array(z.string()).describe('variables that have no value yet'),
    unknown: z.array(z.string()).describe('variables that the template does not take'),
    suggestion: z
      .string()
      .nullable()
      .describe('what would help if no machine can be chosen; null if one can'),
  }),
  errors: ['RIPPLE_TEMPLATE_UNKNOWN', 'RIPPLE_NODE_UNKNOWN'],
  examples: ['curl -X POST .../api/deployment/plan -d \'{"template":"redis"}\''],
  surfaces: {},
})
