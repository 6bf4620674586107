//! The bucket into which media relays put their recordings: links to what is in it.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::{Credentials, provider::ProvideCredentials};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use url::Url;

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// No link into the bucket can be made.
#[derive(Debug, thiserror::Error)]
#[error("no link into the bucket {bucket}: {problem}")]
pub struct LinkError {
    bucket: String,
    problem: Problem,
}

/// A link to an object of a bucket for whoever has it, good for so long: a GET with AWS' signature version 4 in its query
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>).
pub(crate) async fn link(
    aws: &SdkConfig,
    bucket: &str,
    key: &str,
    good_for: Duration,
) -> Result<Url, LinkError> {
    let made = async {
        let provider = aws.credentials_provider().ok_or("there are no credentials")?;
        let credentials = provider.provide_credentials().await?;
        let region = aws.region().ok_or("AWS_REGION is not set")?.as_ref();
        signed(
            address(aws.endpoint_url(), region, bucket, key)?,
            credentials,
            region,
            good_for,
            SystemTime::now(),
        )
    };
    made.await.map_err(|problem| LinkError { bucket: bucket.to_owned(), problem })
}

/// Where S3 has an object. No certificate of S3 is for a bucket with dots in its name.
fn address(endpoint: Option<&str>, region: &str, bucket: &str, key: &str) -> Result<Url, url::ParseError> {
    let url = match endpoint {
        Some(endpoint) => format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/')),
        None if bucket.contains('.') => format!("https://s3.{region}.amazonaws.com/{bucket}/{key}"),
        None => format!("https://{bucket}.s3.{region}.amazonaws.com/{key}"),
    };
    Url::parse(&url)
}

fn signed(
    mut url: Url,
    credentials: Credentials,
    region: &str,
    good_for: Duration,
    now: SystemTime,
) -> Result<Url, Problem> {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(good_for);
    // As S3 has it, unlike all other services.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    let identity = credentials.into();
    let parameters = aws_sigv4::sign::v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(now)
        .settings(settings)
        .build()?
        .into();
    let text = url.to_string();
    let request = SignableRequest::new("GET", text, std::iter::empty(), SignableBody::UnsignedPayload)?;
    let (instructions, _) = sign(request, &parameters)?.into_parts();
    let (_, query) = instructions.into_parts();
    url.query_pairs_mut().extend_pairs(query);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of AWS' documentation of query string authentication: an object of 2013, read within a day.
    #[test]
    fn the_example_of_aws_has_its_signature() {
        let keys = ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"];
        let credentials = Credentials::new(keys[0], keys[1], None, None, "tests");
        let url = Url::parse("https://examplebucket.s3.amazonaws.com/test.txt").expect("a URL");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let link = signed(url, credentials, "us-east-1", Duration::from_secs(86_400), at).expect("a link");
        let query: Vec<(String, String)> = link.query_pairs().into_owned().collect();
        let value = |name: &str| {
            let found = query.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
        };
        assert_eq!(value("X-Amz-Expires"), "86400");
        let expected = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert_eq!(value("X-Amz-Signature"), expected, "{link}");
        assert!(!link.as_str().contains("wJalr"), "{link}");
    }

    #[test]
    fn an_object_is_where_the_endpoint_or_the_region_says() {
        for (endpoint, bucket, expected) in [
            (None, "ours", "https://ours.s3.eu-west-1.amazonaws.com/a/1.wav"),
            (None, "ours.example", "https://s3.eu-west-1.amazonaws.com/ours.example/a/1.wav"),
            (Some("http://127.0.0.1:4566/"), "ours", "http://127.0.0.1:4566/ours/a/1.wav"),
        ] {
            let url = address(endpoint, "eu-west-1", bucket, "a/1.wav").expect("a URL");
            assert_eq!(url.as_str(), expected);
        }
    }
}
