/** What a model file says of itself. */
export interface GgufFacts {
  /** Tokens that it was trained to read. */
  readonly context_tokens: number
  readonly chat_template: 'own' | 'none'
}

/**
 * Reads the head of a GGUF file. Null when it is none. Parsed in JavaScript: nothing native sees the file here.
 */
export async function readGgufFacts(file: string, signal: AbortSignal): Promise<GgufFacts | null> {
  // Loading the binding costs most of a second, and only files of the user's own need it.
  const { readGgufFileInfo } = await import('node-llama-cpp')
  try {
    const info = await readGgufFileInfo(file, {
      sourceType: 'filesystem',
      readTensorInfo: false,
      logWarnings: false,
      signal,
    })
    const context_tokens = Number(info.architectureMetadata.context_length ?? 0)
    if (!Number.isSafeInteger(context_tokens) || context_tokens <= 0) return null
    return {
      context_tokens,
      chat_template: info.metadata.tokenizer?.chat_template === undefined ? 'none' : 'own',
    }
  } catch {
    signal.throwIfAborted()
    return null
  }
}
