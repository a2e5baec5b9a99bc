/** Stands in for the engine's process: it is ready, and answers whatever it is asked with something that is no message. */
process.on('message', () => process.send?.({ type: 'text', id: 'one', text: 1 }))
process.send?.({ type: 'ready', build: 'garbage 1', backend_class: 'garbage', gpu: null })
