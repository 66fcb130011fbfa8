//! A command's way to the data: through the running process, or into the folder when none runs.

use super::{Reply, Request, socket_path};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::node::Node;
use crate::ops;
use anyhow::Context;
use gateway::Gateway;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Where requests are answered.
pub enum Session {
    /// By the process that runs on this folder.
    Remote(PathBuf),
    /// Here: the folder is ours for as long as this lives.
    Local(Box<Node>),
    /// Here too, with an intake in front of a log that processors elsewhere decide.
    TakingIn(Box<Node>, Gateway),
}

impl Session {
    /// Reaches the running process of the folder, or opens the folder.
    ///
    /// # Errors
    /// A [`Failure`] with [`Exit::Locked`] when a process has the folder and does not answer.
    pub fn reach(config: &Config) -> anyhow::Result<Self> {
        let socket = socket_path(&config.data_dir);
        match UnixStream::connect(&socket) {
            Ok(_) => Ok(Self::Remote(socket)),
            Err(_) => Ok(Self::Local(Box::new(Node::open(config)?))),
        }
    }

    /// Asks, telling `each` every line of the answer but the last, and returns the result.
    ///
    /// # Errors
    /// What the answer says, as a [`Failure`].
    pub fn ask(
        &mut self,
        request: Request,
        each: &mut dyn FnMut(Reply) -> anyhow::Result<()>,
    ) -> anyhow::Result<Value> {
        match self {
            Self::Local(node) => ops::run(&node.context(), request, each),
            Self::TakingIn(node, gateway) => {
                let context = ops::Context { gateway: Some(gateway), ..node.context() };
                ops::run(&context, request, each)
            }
            Self::Remote(socket) => {
                let mut stream = UnixStream::connect(socket).context("reaching the running process")?;
                let mut line = serde_json::to_vec(&request)?;
                line.push(b'\n');
                stream.write_all(&line).context("speaking to the running process")?;
                for line in BufReader::new(&stream).lines() {
                    match serde_json::from_str(&line.context("listening to the running process")?)? {
                        Reply::Done { result } => return Ok(result),
                        Reply::Failed { exit, message } => {
                            return Err(Failure::new(exit_of(exit), message).into());
                        }
                        reply => each(reply)?,
                    }
                }
                Err(Failure::new(Exit::Failed, "the running process went away before it had answered").into())
            }
        }
    }
}

fn exit_of(code: u8) -> Exit {
    [Exit::Usage, Exit::NotFound, Exit::No, Exit::Locked]
        .into_iter()
        .find(|e| *e as u8 == code)
        .unwrap_or(Exit::Failed)
}
