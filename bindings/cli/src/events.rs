//! Server-sent events, as far as a push gateway uses them (WHATWG HTML, section 9.2.6).
//!
//! Pure: bytes in as they arrive, events out when they are complete. What is incomplete has a limit.

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PushEvent {
    /// Its id, to go on from after a break.
    pub(crate) id: Option<String>,
    /// What it carries.
    pub(crate) data: String,
}

/// An event was longer than is believable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Puts events together from pieces.
#[derive(Debug, Default)]
pub(crate) struct Events {
    buffer: Vec<u8>,
    id: Option<String>,
    data: Vec<String>,
    kind: Option<String>,
}

impl Events {
    /// Takes in the next piece, and gives the events that it completes.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<Vec<PushEvent>, TooLong> {
        self.buffer.extend_from_slice(piece);
        let mut complete = Vec::new();
        while let Some(line) = self.next_line() {
            complete.extend(self.line(&line));
        }
        let gathered = self.data.iter().map(String::len).fold(self.buffer.len(), usize::saturating_add);
        if gathered > MAX_EVENT { Err(TooLong) } else { Ok(complete) }
    }

    fn next_line(&mut self) -> Option<String> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(String::from_utf8_lossy(&line).into_owned())
    }

    fn line(&mut self, line: &str) -> Option<PushEvent> {
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match field {
            "data" => self.data.push(value),
            "id" => self.id = Some(value),
            "event" => self.kind = Some(value),
            // A comment (empty name), a retry time, or something newer.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<PushEvent> {
        let data = std::mem::take(&mut self.data).join("\n");
        let is_push = self.kind.take().is_none_or(|kind| kind == "push");
        (is_push && !data.is_empty()).then(|| PushEvent { id: self.id.clone(), data })
    }
}

/// A push message has some kilobytes.
const MAX_EVENT: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, data: &str) -> PushEvent {
        PushEvent { id: Some(id.to_owned()), data: data.to_owned() }
    }

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let stream =
            ": hello\n\nevent: push\nid: 1\ndata: {\"a\":\"ü\"}\n\nid: 2\r\ndata: x\r\ndata:y\r\n\r\n";
        let whole = Events::default().feed(stream.as_bytes()).unwrap();
        assert_eq!(whole, [event("1", "{\"a\":\"ü\"}"), event("2", "x\ny")]);
        for size in 1..9 {
            let mut events = Events::default();
            let pieces = stream.as_bytes().chunks(size);
            let cut: Vec<PushEvent> = pieces.flat_map(|piece| events.feed(piece).unwrap()).collect();
            assert_eq!(cut, whole, "pieces of {size}");
        }
    }

    #[test]
    fn other_kinds_comments_and_half_events_are_nothing() {
        let mut events = Events::default();
        assert_eq!(events.feed(b"event: other\ndata: x\n\n: keep-alive\n\ndata: half\n"), Ok(Vec::new()));
    }

    #[test]
    fn an_event_without_end_is_an_error() {
        assert_eq!(Events::default().feed(&vec![b'x'; MAX_EVENT + 1]), Err(TooLong));
        let mut events = Events::default();
        let line = [b"data: ".to_vec(), vec![b'x'; MAX_EVENT / 2], b"\n".to_vec()].concat();
        assert!(events.feed(&line).is_ok());
        assert_eq!([events.feed(&line), events.feed(&line)][1], Err(TooLong));
    }
}
