//! Answers with its event, unless that asks for something else; see README.md of the folder above.

use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde_json::Value;
use std::time::Duration;

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let asked = &event.payload;
    println!("hello from Rust, request {}", event.context.request_id);
    if asked["fail"] == true {
        return Err("as asked".into());
    }
    if asked["crash"] == true {
        std::process::exit(3);
    }
    if let Some(pause) = asked["sleep_ms"].as_u64() {
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    if let Some(size) = asked["size"].as_u64() {
        return Ok(Value::String("x".repeat(size.saturating_sub(2) as usize)));
    }
    Ok(event.payload)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
