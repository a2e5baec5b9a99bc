/** Opens a models folder for tests. */
import { ModelStore } from '../../../host/models/store.ts'

/** Opens a folder, and waits until all its files are indexed. */
export async function openStore(dir: string, signal = new AbortController().signal): Promise<ModelStore> {
  const store = await ModelStore.open(dir)
  await store.index.settled(signal)
  return store
}

/** Looks at the folder of a store again, and waits until all its files are indexed. */
export async function lookAgain({ index }: ModelStore): Promise<void> {
  await index.look()
  await index.settled(new AbortController().signal)
}
