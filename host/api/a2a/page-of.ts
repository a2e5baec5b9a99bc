/** Cuts a list of tasks into pages. */
import type { ListTasksRequest, ListTasksResponse } from '@a2a-js/sdk'
import { RequestMalformedError } from '@a2a-js/sdk/errors'
import { limits } from '../../limits.ts'

/** One page of a list. */
export interface Page<T> extends Omit<ListTasksResponse, 'tasks'> {
  readonly page: readonly T[]
}

/**
 * Returns the page that a request means. A token is the id of the last task of the page before. Throws
 * `RequestMalformedError` for a size out of bounds, or a token of no listed task.
 */
export function pageOf<T extends { readonly id: string }>(
  tasks: readonly T[],
  { pageSize = limits.a2a_page_tasks, pageToken }: Pick<ListTasksRequest, 'pageSize' | 'pageToken'>,
): Page<T> {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > limits.a2a_page_tasks_max)
    throw new RequestMalformedError(`pageSize is not between 1 and ${limits.a2a_page_tasks_max}`)
  const before = pageToken === '' ? -1 : tasks.findIndex(({ id }) => id === pageToken)
  if (pageToken !== '' && before < 0) throw new RequestMalformedError('pageToken is not of this list')
  const page = tasks.slice(before + 1, before + 1 + pageSize)
  const isLast = before + 1 + page.length >= tasks.length
  const nextPageToken = isLast ? '' : (page.at(-1)?.id ?? '')
  return { page, nextPageToken, pageSize: page.length, totalSize: tasks.length }
}
