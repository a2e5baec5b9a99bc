import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { joinStreams } from '../../../host/types/join-streams.ts'

test.each([0, 1])('a connection that ended before it is joined ends the other', (gone) => {
  const pair = [new PassThrough(), new PassThrough()] as const
  pair[gone]?.destroy()
  joinStreams(...pair)
  expect(pair.map(({ destroyed }) => destroyed)).toEqual([true, true])
})
