import { expect, test } from 'vitest'
import { bytesOf } from '../../../../host/ui/format/base64.ts'

test('base64 becomes the same bytes', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
  expect(bytesOf(Buffer.from(bytes).toString('base64'))).toEqual(bytes)
})
