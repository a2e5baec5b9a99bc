import { expect, test } from 'vitest'
import { artifactNames } from '../../../../host/daemon/artifacts/names.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'

test('a name is listed by its CID until it is forgotten, and the newest one counts', async () => {
  const names = artifactNames(new MemoryJournal())
  await names.put('bafkone', 'photo.jpg')
  await names.put('bafktwo', 'notes')
  await names.put('bafktwo', 'notes.txt')
  expect(await names.all()).toEqual(
    new Map([
      ['bafkone', 'photo.jpg'],
      ['bafktwo', 'notes.txt'],
    ]),
  )
  await names.forget('bafkone')
  expect([...(await names.all()).keys()]).toEqual(['bafktwo'])
})
