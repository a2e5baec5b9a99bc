/** Declares the section `webhooks` of the settings: the programs that are notified of ends of tasks and of refusals. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import type { DeepReadonly } from '../types/deep-readonly.ts'
import { secretName } from '../types/secret-name.ts'

/** The events of which a webhook can be notified. */
export const webhookEvents = ['accepted', 'failed', 'refused'] as const

/** An event of which a webhook can be notified. */
export type WebhookEvent = (typeof webhookEvents)[number]

const receiver = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'not an http or https URL' })
    .max(2_048)
    .refine((text) => plain(new URL(text)), 'a URL of a webhook has no user and no fragment'),
  events: z
    .array(z.enum(webhookEvents))
    .min(1)
    .default([...webhookEvents])
    .transform((names) => [...new Set(names)]),
  /** The name of the secret that signs each delivery. */
  secret: secretName,
})

/** The section `webhooks` of the configuration file. */
export const webhookSection = z.array(receiver).max(limits.webhooks_max)

/** A program that is notified. */
export type Webhook = DeepReadonly<z.output<typeof receiver>>

function plain({ username, password, hash }: URL): boolean {
  return `${username}${password}${hash}` === ''
}
