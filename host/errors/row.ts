/** Defines the rows of the error table. */

/** One row of the error table. `{name}` in a text is filled from the error's facts. */
export interface ErrorRow {
  /** The problem, as one sentence without a full stop. */
  readonly message: string
  /** The next step for the reader. */
  readonly hint: string
  /** HTTP status of the answer. */
  readonly http: number
  /** Exit code of the command: 1 failed, 2 usage or configuration, 3 no daemon, 4 refused, 5 timed out, 130 interrupted. */
  readonly exit: number
}

/** Makes a row. */
export const row = (message: string, hint: string, http: number, exit: number): ErrorRow => ({
  message,
  hint,
  http,
  exit,
})
