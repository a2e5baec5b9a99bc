import { expect, test } from 'vitest'
import { limits } from '../../../../../host/limits.ts'
import { addBytesMax } from '../../../../../host/ui/views/artifacts/file-bytes.ts'

test('the largest file fits into one request with the longest name', () => {
  const body = { base64: 'A'.repeat((addBytesMax / 3) * 4), name: '\u0001'.repeat(255) }
  expect(JSON.stringify(body).length).toBeLessThanOrEqual(limits.body_bytes_max)
})
