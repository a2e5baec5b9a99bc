/** Changes a SQLite database in one transaction. */
import type { DatabaseSync } from 'node:sqlite'

/** Makes changes in one transaction, which is synced once. If one of them fails none is made. */
export function inTransaction(db: DatabaseSync, change: () => void): void {
  db.exec('BEGIN')
  try {
    change()
    db.exec('COMMIT')
  } catch (thrown) {
    // On a full disk SQLite has ended the transaction already.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw thrown
  }
}
