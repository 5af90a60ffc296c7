//! How each thing is shown.
