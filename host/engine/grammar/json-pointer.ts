/** Follows references within a JSON schema. */
import { isList, isObject, type Json } from '../../types/json.ts'

/** A schema that is neither true nor false. */
export type Schema = { readonly [keyword: string]: Json | undefined }

/** Returns the schema that a reference leads to; undefined where it leads to none. */
export function resolvePointer(root: Json, ref: string): Json | undefined {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return undefined
  return ref
    .slice(2)
    .split('/')
    .map((part) => unescaped(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Json | undefined>((at, part) => {
      if (isList(at)) return at[Number(part)]
      return isObject(at) && Object.hasOwn(at, part) ? at[part] : undefined
    }, root)
}

/** Returns a part of a reference without percent encoding. */
function unescaped(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
