//! Reports: HTML, Markdown, JSON, CSV and charts, from evaluations alone.
