/** Lists the errors of webhooks. They stand in events and the log, because no request waits for a delivery. */
import { type ErrorRow, row } from './row.ts'

/** Errors of the deliveries to webhooks. */
export const webhookErrors = {
  RIPPLE_WEBHOOK_FAILED: row(
    '{url} did not take a webhook: {detail}',
    'check that the receiver runs and answers in time with a status from 200 to 299',
    502,
    1,
  ),
  RIPPLE_WEBHOOK_NO_SECRET: row(
    "the webhook to {url} is signed with the secret '{secret}', which is not set",
    "set it with 'ripple secret set {secret} --stdin'",
    503,
    2,
  ),
  RIPPLE_WEBHOOK_MANY: row(
    '{max} webhooks to {url} wait already',
    'check that the receiver runs and answers in time with a status from 200 to 299',
    503,
    1,
  ),
} as const satisfies Record<string, ErrorRow>
