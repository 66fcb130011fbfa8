//! Keys, pepper and rules on disk: generated once, 0600, sealed when a passphrase or key file is configured.
