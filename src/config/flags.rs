//! Settings that have a flag and a variable of their own.

/// Variables of command-line flags, which `cli` reads. Its tests compare the two.
pub(crate) const FLAGS: &[&str] = &[
    "BIND",
    "CONFIG",
    "DATABASE_URL",
    "DEMO",
    "LOG",
    "NODE_NAME",
    "REDIS_URL",
];
