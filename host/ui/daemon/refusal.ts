/** Defines the errors that the page shows. */
import { pageErrors } from '../../errors/page.ts'

/** An error in words for people. */
export interface Trouble {
  /** A code of the error table. */
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

/** The error that the page throws: the daemon's in its own words, or one of the page. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly trouble: Trouble
  /** HTTP status; 0 without an answer. */
  readonly status: number

  constructor(trouble: Trouble, status = 0, options: ErrorOptions = {}) {
    super(trouble.message, options)
    this.trouble = trouble
    this.status = status
  }
}

/** Returns an error of the page itself. */
export function pageRefusal(code: keyof typeof pageErrors, detail = '', cause?: unknown): Refusal {
  const { message, hint } = pageErrors[code]
  return new Refusal({ code, message: message.replace('{detail}', detail), hint }, 0, { cause })
}

/** Returns the words for any thrown value. */
export function troubleOf(thrown: unknown): Trouble {
  if (thrown instanceof Refusal) return thrown.trouble
  return pageRefusal('RIPPLE_PAGE_UNREADABLE', thrown instanceof Error ? thrown.message : String(thrown))
    .trouble
}
