//! Rows of a file, read one by one: CSV with a header line, or NDJSON.

use anyhow::{Context, ensure};
use schemas::Day;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

/// A line may not be longer than this.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// What spreadsheets put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One row: where it stands, and the submission that it makes.
pub struct Row {
    /// Its line in the file, from 1; the header line of a CSV counts.
    pub line: u64,
    /// One JSON event, or what is wrong with the row.
    pub submission: Result<String, String>,
}

/// A row's fields, in CSV by the names of the header line, in NDJSON as an object.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default)]
    number: String,
    #[serde(default)]
    cmnd: String,
    #[serde(default)]
    passport: String,
    full_name: String,
    birth_date: String,
    sex: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    ward: String,
    #[serde(default)]
    level: i32,
    opened_on: String,
    #[serde(default)]
    source_reference: String,
}

enum Form {
    /// Lines are counted from `before`: those that were passed over.
    Csv {
        reader: Box<csv::Reader<Counted>>,
        before: u64,
    },
    Ndjson {
        from: BufReader<Counted>,
        line: u64,
    },
}

/// The rows of a file.
pub struct Rows {
    form: Form,
    source: String,
    occurred_on: Day,
    read: Rc<Cell<u64>>,
    total: u64,
}

struct Counted {
    inner: Box<dyn Read>,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.set(self.read.get() + n as u64);
        Ok(n)
    }
}

impl Rows {
    /// Opens a file; its first byte, blanks and a byte order mark apart, says what it is: `{` is NDJSON. `-` is stdin.
    pub fn open(path: &Path, source: &str, occurred_on: Day) -> anyhow::Result<Self> {
        let (inner, total): (Box<dyn Read>, u64) = if path == Path::new("-") {
            (Box::new(std::io::stdin()), 0)
        } else {
            let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
            let total = file.metadata()?.len();
            (Box::new(file), total)
        };
        let mut inner = BufReader::new(inner);
        if inner.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            inner.consume(BYTE_ORDER_MARK.len());
        }
        let mut before = 0;
        let first = loop {
            match inner.fill_buf()?.first().copied() {
                Some(byte) if byte.is_ascii_whitespace() => {
                    before += u64::from(byte == b'\n');
                    inner.consume(1);
                }
                other => break other,
            }
        };
        let read = Rc::new(Cell::new(0));
        let counted = Counted { inner: Box::new(inner), read: Rc::clone(&read) };
        let form = if first == Some(b'{') {
            Form::Ndjson { from: BufReader::new(counted), line: before }
        } else {
            let reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(counted);
            Form::Csv { reader: Box::new(reader), before }
        };
        Ok(Self { form, source: source.to_owned(), occurred_on, read, total })
    }

    /// Bytes read, and bytes in all (0 when that is not known).
    pub fn position(&self) -> (u64, u64) {
        (self.read.get(), self.total)
    }

    /// Passes over rows that were dealt with.
    pub fn skip(&mut self, rows: u64) -> anyhow::Result<()> {
        for nth in 0..rows {
            ensure!(self.next()?.is_some(), "the file ends at row {nth}, before where the last run came");
        }
        Ok(())
    }

    /// The next rows, at most `most`; none at the end.
    pub fn take(&mut self, most: usize) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(most);
        while rows.len() < most {
            match self.next()? {
                Some(row) => rows.push(row),
                None => break,
            }
        }
        Ok(rows)
    }

    fn next(&mut self) -> anyhow::Result<Option<Row>> {
        let (line, fields) = match &mut self.form {
            Form::Csv { reader, before } => {
                let headers = reader.headers().context("reading the header line")?.clone();
                let mut record = csv::StringRecord::new();
                match reader.read_record(&mut record) {
                    Ok(false) => return Ok(None),
                    Ok(true) => {
                        let line = record.position().map_or(0, csv::Position::line);
                        (
                            *before + line,
                            record.deserialize::<Fields>(Some(&headers)).map_err(|e| csv_reason(&e)),
                        )
                    }
                    Err(error) if error.is_io_error() => return Err(error).context("reading the file"),
                    Err(error) => {
                        (*before + error.position().map_or(0, csv::Position::line), Err(csv_reason(&error)))
                    }
                }
            }
            Form::Ndjson { from, line } => {
                let mut text = Vec::new();
                loop {
                    text.clear();
                    if from.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut text)? == 0 {
                        return Ok(None);
                    }
                    *line += 1;
                    if text.len() as u64 == LINE_BYTES_MAX && text.last() != Some(&b'\n') {
                        from.skip_until(b'\n')?;
                        return Ok(Some(Row {
                            line: *line,
                            submission: Err("the line is too long".to_owned()),
                        }));
                    }
                    if !text.trim_ascii().is_empty() {
                        break;
                    }
                }
                (
                    *line,
                    serde_json::from_slice::<Fields>(&text)
                        .map_err(|e| format!("{:?} at column {}", e.classify(), e.column())),
                )
            }
        };
        let submission = fields.and_then(|fields| submission(&fields, &self.source, self.occurred_on));
        Ok(Some(Row { line, submission }))
    }
}

/// What is wrong, without any of the row's data.
fn csv_reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields where the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        csv::ErrorKind::Deserialize { err, .. } => match err.field() {
            Some(field) => format!("field {} does not fit", field + 1),
            None => "a field is missing or not known".to_owned(),
        },
        _ => "not a row of CSV".to_owned(),
    }
}

/// The event of a row. Its reference is the older system's, or the hash of the row: the same row has its effect once.
fn submission(fields: &Fields, source: &str, occurred_on: Day) -> Result<String, String> {
    let identifiers = [("number", &fields.number), ("cmnd", &fields.cmnd), ("passport", &fields.passport)];
    let mut given = identifiers.into_iter().filter(|(_, value)| !value.is_empty());
    let Some((name, value)) = given.next() else { return Err("no number, cmnd or passport".to_owned()) };
    let person = json!({
        "full_name": fields.full_name, "birth_date": fields.birth_date, "sex": fields.sex, "phone": fields.phone,
        "email": fields.email, "address": fields.address,
    });
    let data = json!({
        "personal": person, "level": fields.level, "opened_on": fields.opened_on, "source": source,
        "source_reference": fields.source_reference,
    });
    let reference = if fields.source_reference.is_empty() {
        hex::encode(&Sha256::digest(format!("{name}|{value}|{data}"))[..16])
    } else {
        fields.source_reference.clone()
    };
    let mut event = Map::new();
    event.insert("kind".into(), "AccountInherited".into());
    event.insert("reference".into(), format!("{source}:{reference}").into());
    event.insert("citizen".into(), json!({ name: value }));
    event.insert("occurred_on".into(), occurred_on.to_string().into());
    if !fields.ward.is_empty() {
        event.insert("ward".into(), fields.ward.clone().into());
    }
    event.insert("data".into(), data);
    Ok(Value::Object(event).to_string())
}
