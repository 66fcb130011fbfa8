//! Free ports.

use crate::StackError;
use std::net::{IpAddr, Ipv4Addr, TcpListener};

/// Ports are looked for below those that the system gives to outgoing connections (32768 on), so that none is taken between
/// the look and the start of the server.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The address of a member: 127.0.0.1 for the first, then 127.0.0.2, as all of 127.0.0.0/8 is loopback.
pub fn loopback(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, number)
}

/// Finds ports.
pub struct Ports {
    next: u16,
}

impl Ports {
    /// Begins at a place that differs from process to process, so that two that look at once seldom meet.
    pub fn new() -> Self {
        let spread = std::process::id().wrapping_mul(7_919) % u32::from(PORTS.end - PORTS.start);
        Self { next: PORTS.start + u16::try_from(spread).unwrap_or_default() }
    }

    /// The next port that is free on all of `addresses`.
    pub fn free(&mut self, addresses: &[Ipv4Addr]) -> Result<u16, StackError> {
        for _ in PORTS {
            let port = self.next;
            self.next = if port + 1 < PORTS.end { port + 1 } else { PORTS.start };
            if addresses.iter().all(|address| TcpListener::bind((IpAddr::V4(*address), port)).is_ok()) {
                return Ok(port);
            }
        }
        Err(StackError::Refused(format!("no port of {PORTS:?} is free on {addresses:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ports, loopback};
    use std::net::TcpListener;

    #[test]
    fn a_port_that_is_taken_is_passed_over_and_none_is_given_twice() {
        let mut ports = Ports::new();
        let first = ports.free(&[loopback(1)]).unwrap();
        let taken = TcpListener::bind((loopback(2), first + 1));
        let second = ports.free(&[loopback(1), loopback(2)]).unwrap();
        assert!(second > first || second < 21_000, "{second} after {first}");
        if taken.is_ok() {
            assert_ne!(second, first + 1);
        }
    }
}
