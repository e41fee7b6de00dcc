//! The chart: three measures side by side, a bar for each strategy.

use std::fmt::Write;

use super::{Figures, PROCESSES, Strategy};

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.head { font-weight: 600; }
.note { fill: #59636e; font-size: 12px; }
.track { fill: #eff2f5; }
.bar { fill: #9aa4af; }
.shared { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note { fill: #9198a1; }
  .track { fill: #212830; }
  .bar { fill: #656c76; }
  .shared { fill: #4493f8; }
}";
const LABELS: u32 = 160;
const PANEL: u32 = 190;
const BAR: u32 = 120;
const ROW: u32 = 30;

type Measure = (&'static str, &'static str, fn(&Figures) -> f64);

const MEASURES: [Measure; 3] = [
    ("Used", "of the quota; more is better", |it| it.used),
    ("Throttled", "of the requests; less is better", |it| {
        it.throttled
    }),
    (
        "Slowest process",
        "of its fair part; more is better",
        |it| it.slowest,
    ),
];

pub(super) fn draw(rows: &[Figures]) -> String {
    let count = u32::try_from(rows.len()).unwrap_or(0);
    let (width, height) = (LABELS + 3 * PANEL, 70 + count * ROW);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\">\n<title>{PROCESSES} processes that share one quota</title>\n\
         <style>\n{STYLE}\n</style>\n"
    );
    let mut text = |x: u32, y: u32, class: &str, text: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}</text>"
        );
    };
    for (row, y) in rows.iter().zip((64..).step_by(ROW as usize)) {
        let class = if row.strategy == Strategy::Shared {
            "head"
        } else {
            ""
        };
        text(4, y + 14, class, row.strategy.name());
    }
    for ((head, note, measure), x) in MEASURES.iter().zip((LABELS..).step_by(PANEL as usize)) {
        text(x, 20, "head", head);
        text(x, 38, "note", note);
        for (row, y) in rows.iter().zip((64..).step_by(ROW as usize)) {
            let value = format!("{:.1} %", measure(row) * 100.0);
            text(x + BAR + 6, y + 14, "", &value);
        }
    }
    for ((_, _, measure), x) in MEASURES.iter().zip((LABELS..).step_by(PANEL as usize)) {
        for (row, y) in rows.iter().zip((64..).step_by(ROW as usize)) {
            let class = if row.strategy == Strategy::Shared {
                "shared"
            } else {
                "bar"
            };
            let length = measure(row).min(1.0) * f64::from(BAR);
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{BAR}\" height=\"18\" rx=\"3\" class=\"track\"/>\
                 <rect x=\"{x}\" y=\"{y}\" width=\"{length:.1}\" height=\"18\" rx=\"3\" class=\"{class}\"/>"
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}
