#[test]
fn dump() {
    use crate::diagnostic::*;
    let path = std::env::var("DUMP").unwrap();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let r: serde_json::Value = serde_json::from_str(line).unwrap();
        let doc = r["text"].as_str().unwrap();
        let src = Source::new("f", doc);
        match super::parse(&src) {
            Ok(n) => println!(
                "{}",
                serde_json::json!({"ok": n.map(|n| n.to_value().to_string()).unwrap_or("None".into())})
            ),
            Err(e) => println!(
                "{}",
                serde_json::json!({"err": e.to_string(), "help": e.help(), "span": e.label().map(|l| (l.span.start, l.span.end))})
            ),
        }
    }
}
