/** Declares the section `policy` of the settings: what the owner allows this machine, as the shipped policies read it. */
import { z } from 'zod'

/** The most keys or models of a list: all lists travel with the facts of each decision. */
const LIST_MAX = 256

const agentKey = z.string().regex(/^uhCAk[0-9A-Za-z_-]{48}$/, "not an agent's key such as uhCAk...")
const posters = z.array(agentKey).max(LIST_MAX)
/** A model's name, or the sha256 of its file. */
const models = z.array(z.string().min(1).max(128)).max(LIST_MAX)
/** A tool of Ripple for all callers, or for one, or all tools for one. */
const deniedCall = z
  .string()
  .max(128)
  .regex(
    /^[a-z][a-z0-9_.]*(@[a-z][a-z0-9_-]*)?$|^\*@[a-z][a-z0-9_-]*$/,
    'not a tool, tool@caller or *@caller',
  )
const denied = z.boolean().default(false)

/** The section `policy` of the configuration file. */
export const policySection = z.strictObject({
  deny_posters: posters.default([]).describe('agents whose tasks are not run here (keys, a,b,c)'),
  allow_posters: posters.nullable().default(null).describe('the only agents whose tasks are run here'),
  deny_models: models.default([]).describe('models that are neither run nor asked for, by name or sha256'),
  allow_models: models.nullable().default(null).describe('the only models that are run here'),
  max_tokens: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('most tokens that a task may ask for here'),
  deny_tools: denied.describe('whether tasks that offer a model tools are not run here'),
  deny_calls: z
    .array(deniedCall)
    .max(LIST_MAX)
    .default([])
    .describe('tools of Ripple that callers by MCP may not use: a tool, tool@caller or *@caller (a,b,c)'),
  deny_public: denied.describe('whether no public task is posted from here'),
})
