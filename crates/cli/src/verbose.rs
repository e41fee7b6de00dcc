//! `--verbose`: each attempt of each call on standard error, as the library's spans and events tell it.
//!
//! They hold names, numbers and IDs alone, so nothing secret can come this way.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use clap::{Arg, ArgAction, ArgMatches};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

static IS_ON: AtomicBool = AtomicBool::new(false);

pub(crate) fn argument() -> Arg {
    Arg::new("verbose")
        .long("verbose")
        .global(true)
        .action(ArgAction::SetTrue)
        .help("Show each attempt on standard error, without secrets")
}

/// Shows attempts from now on, if the arguments ask for it.
pub(crate) fn choose(matches: &ArgMatches) {
    if matches.get_flag("verbose") {
        IS_ON.store(true, Ordering::Relaxed);
        // Nobody else has set one.
        let _ = tracing::subscriber::set_global_default(Attempts::default());
    }
}

/// Whether attempts are shown.
pub(crate) fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

/// The calls that run, and where their attempts are.
#[derive(Default)]
struct Attempts {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last_id: u64,
    spans: BTreeMap<u64, Span>,
    /// The spans that run, the innermost at the end.
    entered: Vec<u64>,
}

struct Span {
    is_attempt: bool,
    parent: Option<u64>,
    fields: Fields,
    handles: usize,
    is_shown: bool,
}

impl Attempts {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber for Attempts {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "cognito_idp"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut state = self.state();
        let current = state.entered.last().copied();
        let parent = attributes.parent().map(Id::into_u64).or(current);
        state.last_id += 1;
        let id = state.last_id;
        let span = Span {
            is_attempt: attributes.metadata().name() == "attempt",
            parent,
            fields,
            handles: 1,
            is_shown: false,
        };
        state.spans.insert(id, span);
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        if let Some(span) = self.state().spans.get_mut(&id.into_u64()) {
            values.record(&mut span.fields);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut state = self.state();
        let call = state.entered.last().copied();
        let mut spans = state.spans.values_mut().rev();
        let attempt = spans.find(|span| span.is_attempt && span.parent == call);
        match (fields.get("message"), attempt) {
            ("trying again", Some(attempt)) => {
                let (reason, pause) = (fields.get("reason"), fields.get("wait_ms"));
                attempt.show(&format!("; {reason}, again in {pause} ms"));
            }
            ("waited for a turn", _) => {
                let (operation, wait) = (fields.get("operation"), fields.get("wait_ms"));
                say(&format!("{operation} waited {wait} ms for its turn"));
            }
            ("could not be refreshed", _) => {
                let (what, code) = (fields.get("what"), fields.get("code"));
                say(&format!("{what} could not be refreshed: {code}"));
            }
            // "throttled" goes before "trying again", and is in the code of the attempt.
            _ => {}
        }
    }

    fn enter(&self, id: &Id) {
        self.state().entered.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let mut state = self.state();
        let place = state
            .entered
            .iter()
            .rposition(|entered| *entered == id.into_u64());
        if let Some(place) = place {
            state.entered.remove(place);
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some(span) = self.state().spans.get_mut(&id.into_u64()) {
            span.handles += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut state = self.state();
        let Some(span) = state.spans.get_mut(&id.into_u64()) else {
            return false;
        };
        span.handles -= 1;
        if span.handles > 0 {
            return false;
        }
        if span.is_attempt {
            span.show("");
        }
        state.spans.remove(&id.into_u64());
        true
    }
}

impl Span {
    /// Says how an attempt ended, once.
    fn show(&mut self, what_follows: &str) {
        if std::mem::replace(&mut self.is_shown, true) {
            return;
        }
        let field = |name| self.fields.get(name);
        let (operation, attempt) = (field("operation"), field("attempt"));
        let outcome = [field("status"), field("code")].join(" ");
        // Nobody waited for the answer.
        let outcome = match outcome.trim() {
            "" => "given up",
            outcome => outcome,
        };
        let mut line = format!("{operation} attempt {attempt}: {outcome}");
        for (before, name, after) in [
            (", ", "latency_ms", " ms"),
            (", request ", "request_id", ""),
        ] {
            let value = field(name);
            if !value.is_empty() {
                line.extend([before, value, after]);
            }
        }
        say(&[&line, what_follows].concat());
    }
}

fn say(line: &str) {
    eprintln!("cognito-idp: {line}");
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    /// The field, or nothing.
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
