/** Saves a file from the page. */

/** Offers bytes as a download of this name. */
export function saveFile(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([Uint8Array.from(bytes)], { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser reads the file after the click was handled.
  setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS)
}

/** Milliseconds after which the file's memory is released. */
const RELEASE_MS = 10_000
