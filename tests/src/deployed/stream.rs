//! Which changes of the table call a function: the filter of its stream, as Lambda reads it.

use anyhow::{Context, Result, bail};
use ringfall_store::port::Key;
use serde_json::Value;

/// Whether a change of an item calls the function that the table's stream calls.
///
/// # Errors
/// The template has no such function, or its filter is in words that are not known here.
pub fn stream_calls_for(template: &Value, key: &Key) -> Result<bool> {
    let resources = template["Resources"].as_object().context("resources")?.values();
    let mut sources = resources.filter(|resource| resource["Type"] == "AWS::Lambda::EventSourceMapping");
    let source =
        sources.find(|source| source["Properties"]["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn");
    let filters =
        &source.context("nothing is called by a stream")?["Properties"]["FilterCriteria"]["Filters"];
    let Some(filters) = filters.as_array() else { return Ok(true) };
    let mut calls = false;
    for filter in filters {
        let pattern = filter["Pattern"].as_str().context("a filter without a pattern")?;
        let pattern: Value = serde_json::from_str(pattern).with_context(|| pattern.to_owned())?;
        calls |= matches(&pattern, key)?;
    }
    Ok(calls)
}

fn matches(pattern: &Value, key: &Key) -> Result<bool> {
    let wanted = pattern["dynamodb"]["Keys"]["sk"]["S"].as_array();
    let mut matches = false;
    for wanted in wanted.with_context(|| format!("{pattern} is about something else"))? {
        matches |= match (wanted.as_str(), wanted["suffix"].as_str()) {
            (Some(sort), _) => key.sort == sort,
            (None, Some(suffix)) => key.sort.ends_with(suffix),
            (None, None) => bail!("{wanted} is not known here"),
        };
    }
    Ok(matches)
}
