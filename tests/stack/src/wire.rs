//! The least of each protocol that tells an answering server from an open port.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server that is up answers at once; one that is not is asked again.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// No answer that is read here is longer, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Kafka's ApiVersions, version 0: key 18, correlation 1, no client id. The first four bytes are the length.
const API_VERSIONS: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff];

/// CQL binary protocol 4, requests: version, flags, stream (2), opcode, length (4).
const STARTUP: u8 = 0x01;
const QUERY: u8 = 0x07;
const READY: u8 = 0x02;
const RESULT: u8 = 0x08;
const CQL_HEADER_BYTES: usize = 9;

/// Whether something listens.
pub fn connects(address: SocketAddr) -> bool {
    connect(address).is_some()
}

fn connect(address: SocketAddr) -> Option<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, ANSWER_MAX).ok()?;
    stream.set_read_timeout(Some(ANSWER_MAX)).ok()?;
    stream.set_write_timeout(Some(ANSWER_MAX)).ok()?;
    Some(stream)
}

fn read(stream: &mut TcpStream, bytes: usize) -> Option<Vec<u8>> {
    if bytes > BODY_BYTES_MAX {
        return None;
    }
    let mut read = vec![0; bytes];
    stream.read_exact(&mut read).ok()?;
    Some(read)
}

/// Whether a broker answers. It does from when it has joined its cluster and is no longer fenced.
pub fn kafka_answers(address: SocketAddr) -> bool {
    let ask = || {
        let mut stream = connect(address)?;
        stream.write_all(&API_VERSIONS).ok()?;
        let length: [u8; 4] = read(&mut stream, 4)?.try_into().ok()?;
        let body = read(&mut stream, usize::try_from(u32::from_be_bytes(length)).ok()?)?;
        // Correlation, then the error code.
        Some(body.get(..6)? == [0, 0, 0, 1, 0, 0])
    };
    ask().unwrap_or(false)
}

/// How many other nodes a node knows; `None` when it does not answer.
pub fn cassandra_peers(address: SocketAddr) -> Option<u64> {
    let mut stream = connect(address)?;
    let mut startup = vec![0, 1];
    short_string(&mut startup, "CQL_VERSION");
    short_string(&mut startup, "3.0.0");
    let (opcode, _) = cql(&mut stream, STARTUP, &startup)?;
    if opcode != READY {
        return None;
    }
    let text = "SELECT COUNT(*) FROM system.peers_v2";
    let mut query = u32::try_from(text.len()).ok()?.to_be_bytes().to_vec();
    query.extend(text.as_bytes());
    // Consistency ONE, no flags.
    query.extend([0, 1, 0]);
    let (opcode, body) = cql(&mut stream, QUERY, &query)?;
    // The one cell of the one row is a bigint, and the last thing in the answer.
    let count: [u8; 8] = body.get(body.len().checked_sub(8)?..)?.try_into().ok()?;
    (opcode == RESULT).then(|| u64::from_be_bytes(count))
}

fn short_string(to: &mut Vec<u8>, text: &str) {
    to.extend([0, u8::try_from(text.len()).unwrap_or_default()]);
    to.extend(text.as_bytes());
}

/// One request and its answer: opcode and body.
fn cql(stream: &mut TcpStream, opcode: u8, body: &[u8]) -> Option<(u8, Vec<u8>)> {
    let mut request = vec![4, 0, 0, 0, opcode];
    request.extend(u32::try_from(body.len()).ok()?.to_be_bytes());
    request.extend(body);
    stream.write_all(&request).ok()?;
    let header = read(stream, CQL_HEADER_BYTES)?;
    let length = u32::from_be_bytes(header.get(5..9)?.try_into().ok()?);
    Some((header[4], read(stream, usize::try_from(length).ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::{cassandra_peers, kafka_answers};
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};
    use std::thread::JoinHandle;

    /// A server that takes one request after the other and answers what it is told.
    fn server(exchanges: Vec<(usize, Vec<u8>)>) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for (request_bytes, answer) in exchanges {
                stream.read_exact(&mut vec![0; request_bytes]).unwrap();
                stream.write_all(&answer).unwrap();
            }
        });
        (address, thread)
    }

    #[test]
    fn a_broker_answers_only_without_an_error_and_to_the_request() {
        for (body, answers) in [
            (vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 0], true),
            (vec![0, 0, 0, 1, 0, 35], false),
            (vec![0, 0, 0, 2, 0, 0], false),
        ] {
            let length = u8::try_from(body.len()).unwrap();
            let (address, thread) = server(vec![(14, [vec![0, 0, 0, length], body].concat())]);
            assert_eq!(kafka_answers(address), answers);
            thread.join().unwrap();
        }
    }

    #[test]
    fn peers_are_counted_from_the_last_cell() {
        let ready = vec![0x84, 0, 0, 0, 2, 0, 0, 0, 0];
        let cell = 2_u64.to_be_bytes();
        let result = [&[0x84, 0, 0, 0, 8, 0, 0, 0, 12, 0, 0, 0, 2], &cell[..]].concat();
        let (address, thread) = server(vec![(9 + 2 + 13 + 7, ready), (9 + 4 + 36 + 3, result)]);
        assert_eq!(cassandra_peers(address), Some(2));
        thread.join().unwrap();
        assert_eq!(cassandra_peers(address), None, "nobody listens any more");
    }
}
