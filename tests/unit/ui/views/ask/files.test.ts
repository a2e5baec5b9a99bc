import { expect, test } from 'vitest'
import { pageLimits } from '../../../../../host/limits/page.ts'
import { readFiles, withFiles } from '../../../../../host/ui/views/ask/files.ts'

const file = (name: string, content: string | Uint8Array, type = ''): File =>
  new File([content as BlobPart], name, { type })

test('text files are read, and others are refused by name', async () => {
  const { files, refused } = await readFiles(
    [],
    [
      file('a.txt', 'one é'),
      file('b.png', 'x', 'image/png'),
      file('c.bin', new Uint8Array([0xff, 0xfe, 0x00])),
      file('d.bin', 'a\0b'),
      file('big.log', 'x'.repeat(pageLimits.page_files_bytes_max)),
    ],
  )
  expect(files).toEqual([{ name: 'a.txt', text: 'one é', bytes: 6 }])
  expect(refused.map((line) => line.split(' ')[0])).toEqual(['b.png', 'c.bin', 'd.bin', 'big.log'])
})

test('no more than the most files go with a message', async () => {
  const many = Array.from({ length: pageLimits.page_files_max + 2 }, (_, at) => file(`${at}`, 'x'))
  const { files, refused } = await readFiles([], many)
  expect(files.length).toBe(pageLimits.page_files_max)
  expect(refused.length).toBe(1)
})

test('a file cannot end its own block', () => {
  const text = 'a\n````\nb'
  const message = withFiles('Why?', [{ name: 'n', text, bytes: 1 }])
  expect(message).toBe(`File “n”:\n\`\`\`\`\`\n${text}\n\`\`\`\`\`\n\nWhy?`)
  expect(withFiles('Why?', [])).toBe('Why?')
})
