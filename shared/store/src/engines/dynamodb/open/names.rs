//! What tables and queues may be called.

/// DynamoDB's rule for names of tables.
///
/// # Errors
/// What would be right.
pub fn table_name(text: &str) -> Result<String, &'static str> {
    let is_name = (3..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    is_name.then(|| text.to_owned()).ok_or("expected 3 to 255 letters, digits, dots, dashes and underscores")
}

/// SQS' rule for names of queues.
///
/// # Errors
/// What would be right.
pub fn queue_name(text: &str) -> Result<String, &'static str> {
    let is_name = (1..=80).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    is_name.then(|| text.to_owned()).ok_or("expected up to 80 letters, digits, dashes and underscores")
}
