//! The rules of `ripple_shared` behind a plain C interface: JSON in, JSON out.
