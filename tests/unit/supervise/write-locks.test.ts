import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isWriteHeld } from '../../../host/supervise/write-locks.ts'

const never = new AbortController().signal
const looks = { count: 20, everyMs: 5 }

let folder: string
let databases: DatabaseSync[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-locks-'))
  databases = ['dht-a', 'dht-b'].map((name) => {
    const database = new DatabaseSync(join(folder, name))
    database.exec('pragma journal_mode = wal; create table t (x)')
    return database
  })
})
afterEach(() => {
  for (const database of databases) database.close()
  rmSync(folder, { recursive: true, force: true })
})

test.skipIf(process.platform !== 'linux')('a transaction that nobody ends holds its database', async () => {
  databases[1]?.exec('begin immediate; insert into t values (1)')
  expect(await isWriteHeld(folder, never, looks)).toBe(true)
})

test.skipIf(process.platform !== 'linux')(
  'databases that are written to again and again are free',
  async () => {
    let busy = true
    const write = () => {
      if (!busy) return
      for (const database of databases)
        database.exec(database.isTransaction ? 'commit' : 'begin immediate; insert into t values (1)')
      setImmediate(write)
    }
    write()
    try {
      expect(await isWriteHeld(folder, never, looks)).toBe(false)
    } finally {
      busy = false
    }
  },
)

test.skipIf(process.platform !== 'linux')('databases that nobody writes to are free', async () => {
  expect(await isWriteHeld(folder, never, looks)).toBe(false)
})
