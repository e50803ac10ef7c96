//! What `metrics.json` holds, in writing.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::json::{Read, SCHEMA};

/// `metrics.json` as a JSON Schema (draft 2020-12) with a description of every field.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Read>();
    RecursiveTransform(plain_words).transform(&mut schema);
    schema.to_value()
}

/// The one version of the format that this program reads and writes.
pub(super) fn version(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "const": SCHEMA })
}

/// Descriptions come from the types' documentation: without its links, and with JSON's word for nothing.
fn plain_words(schema: &mut Schema) {
    let Some(Value::String(said)) = schema.get("description") else { return };
    let said = said.replace("[`", "`").replace("`]", "`").replace("super::", "").replace("`None`", "null");
    let paragraphs: Vec<String> = said.split("\n\n").map(|p| p.replace('\n', " ")).collect();
    schema.insert("description".into(), json!(paragraphs.join("\n\n")));
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::progress::Silent;
    use crate::report::{fixture, write};

    fn read(path: &Path) -> Value {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn the_written_schema_is_that_of_this_version() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/metrics.schema.json");
        assert!(read(&path) == schema(), "`ferrofuse report --schema > results/metrics.schema.json` writes it again");
    }

    #[test]
    fn what_is_written_fits_and_what_is_damaged_does_not() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), &fixture::comparison(), &Silent).unwrap();
        let metrics = read(&files.json);
        assert_eq!(validator.iter_errors(&metrics).map(|e| e.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
        for (pointer, damage) in [
            ("/schema", json!(SCHEMA + 1)),
            ("/comparison/entries/0/test/metrics/accuracy", json!("0.7")),
            ("/comparison/entries/0/test/confusion/counts/0/0", json!(-1)),
            ("/comparison/entries/0/kind", json!("model")),
            ("/comparison/dataset", json!({})),
        ] {
            let mut damaged = metrics.clone();
            *damaged.pointer_mut(pointer).unwrap() = damage;
            assert!(!validator.is_valid(&damaged), "{pointer}");
        }
    }

    #[test]
    fn every_field_is_described_without_the_words_of_rust() {
        fn look(at: &Value, place: &str, bare: &mut Vec<String>) {
            let Value::Object(fields) = at else { return };
            if let Some(Value::Object(properties)) = fields.get("properties") {
                for (name, property) in properties {
                    if property.get("description").is_none() && property.get("const").is_none() {
                        bare.push(format!("{place}.{name}"));
                    }
                }
            }
            for (name, value) in fields {
                look(value, name, bare);
            }
        }
        let schema = schema();
        let mut bare = Vec::new();
        look(&schema, "", &mut bare);
        assert_eq!(bare, Vec::<String>::new());
        let text = schema.to_string();
        assert!(!["`None`", "[`", "super::", "Some("].iter().any(|word| text.contains(word)));
    }
}
