/** Tells which models can hold a chat. */
import { catalogue, isNamed } from './catalogue.ts'
import type { StoredModel } from './folder/stored-model.ts'

/**
 * Whether a model has a chat template: by its own file here, else by the catalogue's entry for that file or name. A model
 * that this machine does not know counts as able to chat, because most are.
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
