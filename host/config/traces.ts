/** Declares the section `traces` of the settings: the collector that gets the spans of tasks. */
import { z } from 'zod'
import { httpUrl } from '../types/machine-forms.ts'
import { secretName } from '../types/secret-name.ts'
import { sealed } from './upstream.ts'

/** The section `traces` of the configuration file. */
export const traceSection = z
  .strictObject({
    endpoint: httpUrl
      .max(2_048)
      .refine((text) => isPlain(new URL(text)), 'the URL of a collector has no user and no fragment')
      .nullable()
      .default(null)
      .describe(
        'the URL at which a collector takes traces by OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; none: no traces',
      ),
    headers: secretName
      .nullable()
      .default(null)
      .describe(
        "the name of the secret that has the collector's headers, one a line: 'authorization: Bearer ...'",
      ),
  })
  .refine(({ endpoint, headers }) => headers === null || endpoint === null || sealed(endpoint), {
    path: ['endpoint'],
    error: 'headers of a secret go over https, or to this machine',
  })

function isPlain({ username, password, hash }: URL): boolean {
  return `${username}${password}${hash}` === ''
}
