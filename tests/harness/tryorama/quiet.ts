// Read when tryorama is loaded, so this module comes before it. Set RUST_LOG to hear the conductors.
process.env.TRYORAMA_LOG_LEVEL ??= 'error'
process.env.RUST_LOG ??= 'off'
