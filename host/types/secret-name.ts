/** Defines the name of a secret. */
import { z } from 'zod'

/** The name of a secret: the end of `RIPPLE_SECRET_<NAME>`, in lower case. */
export const secretName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,47}$/,
    'not a name of a secret: a letter, then up to 47 letters, digits or underscores',
  )
