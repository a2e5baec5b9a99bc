/** A key that looks like an agent's, different for each letter. */
export function agentKey(letter: string): string {
  return `uhCAk${letter.repeat(48)}`
}

/** A hash that looks like an action's, different for each letter. */
export function actionHash(letter: string): string {
  return `uhCkk${letter.repeat(48)}`
}
