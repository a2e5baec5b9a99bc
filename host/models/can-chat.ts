import { catalogue, isNamed } from './catalogue.ts'
import type { StoredModel } from './store.ts'

/**
 * Whether a model has a chat template, as far as this machine knows: by its own file, else by the catalogue's word of that file
 * or of that name. One that nobody here knows of counts as able, because most are.
 */
export function canChat(
  { name, digest }: { readonly name: string; readonly digest: string | null },
  here: readonly Pick<StoredModel, 'sha256' | 'chat_template'>[],
): boolean {
  const file = here.find(({ sha256 }) => sha256 === digest)
  const listed =
    catalogue.find(({ sha256 }) => sha256 !== null && sha256 === digest) ??
    catalogue.find((one) => isNamed(one, name))
  return (file ?? listed)?.chat_template !== 'none'
}
