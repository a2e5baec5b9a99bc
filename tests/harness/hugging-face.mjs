// Has a process ask a stand-in for Hugging Face: `node --import <this file>?<address of the stand-in>`.
const site = new URL(import.meta.url).search.slice(1)
const { fetch } = globalThis

globalThis.fetch = (url, init) => fetch(String(url).replace('https://huggingface.co', site), init)
