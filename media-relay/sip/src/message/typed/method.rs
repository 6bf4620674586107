//! Methods and status codes.

use std::fmt;

use crate::message::scan::is_token;

macro_rules! methods {
    ($($variant:ident $text:literal $source:literal,)*) => {
        /// A request's method. Names are compared with regard to case.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Method {
            $(#[doc = $source] $variant,)*
            /// Any other, never empty.
            Other(String),
        }

        impl Method {
            /// Reads a token; none if the text is no token.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => is_token(text).then(|| Self::Other(text.to_owned())),
                }
            }

            /// As it is written.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(name) => name,
                }
            }
        }
    };
}

methods! {
    Invite "INVITE" "RFC 3261 §13.",
    Ack "ACK" "RFC 3261 §13.2.2.4 and §17.1.1.3.",
    Bye "BYE" "RFC 3261 §15.",
    Cancel "CANCEL" "RFC 3261 §9.",
    Options "OPTIONS" "RFC 3261 §11.",
    Register "REGISTER" "RFC 3261 §10.",
    Prack "PRACK" "RFC 3262.",
    Update "UPDATE" "RFC 3311.",
    Info "INFO" "RFC 6086.",
    Refer "REFER" "RFC 3515.",
    Subscribe "SUBSCRIBE" "RFC 6665.",
    Notify "NOTIFY" "RFC 6665.",
    Publish "PUBLISH" "RFC 3903.",
    Message "MESSAGE" "RFC 3428.",
}

impl Method {
    /// Whether we know what it means, though we may not do it: 405 answers such a method, 501 any other.
    pub const fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A response's status code, 100 to 699.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

/// The codes that are used by name here, with their phrases (RFC 3261 §21 and where they come from).
const PHRASES: [(u16, &str); 51] = [
    (100, "Trying"),
    (180, "Ringing"),
    (181, "Call Is Being Forwarded"),
    (182, "Queued"),
    (183, "Session Progress"),
    (199, "Early Dialog Terminated"),
    (200, "OK"),
    (202, "Accepted"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Moved Temporarily"),
    (305, "Use Proxy"),
    (380, "Alternative Service"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (410, "Gone"),
    (413, "Request Entity Too Large"),
    (414, "Request-URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Unsupported URI Scheme"),
    (420, "Bad Extension"),
    (421, "Extension Required"),
    (422, "Session Interval Too Small"),
    (423, "Interval Too Brief"),
    (480, "Temporarily Unavailable"),
    (481, "Call/Transaction Does Not Exist"),
    (482, "Loop Detected"),
    (483, "Too Many Hops"),
    (484, "Address Incomplete"),
    (485, "Ambiguous"),
    (486, "Busy Here"),
    (487, "Request Terminated"),
    (488, "Not Acceptable Here"),
    (491, "Request Pending"),
    (493, "Undecipherable"),
    (500, "Server Internal Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Server Time-out"),
    (505, "Version Not Supported"),
    (513, "Message Too Large"),
    (600, "Busy Everywhere"),
    (603, "Decline"),
    (606, "Not Acceptable"),
];

macro_rules! statuses {
    ($($name:ident $code:literal,)*) => {
        impl StatusCode {
            $(#[doc = stringify!($code)] pub const $name: Self = Self($code);)*
        }
    };
}

statuses! {
    TRYING 100,
    RINGING 180,
    SESSION_PROGRESS 183,
    OK 200,
    ACCEPTED 202,
    BAD_REQUEST 400,
    UNAUTHORIZED 401,
    FORBIDDEN 403,
    NOT_FOUND 404,
    METHOD_NOT_ALLOWED 405,
    NOT_ACCEPTABLE 406,
    PROXY_AUTHENTICATION_REQUIRED 407,
    REQUEST_TIMEOUT 408,
    UNSUPPORTED_MEDIA_TYPE 415,
    UNSUPPORTED_URI_SCHEME 416,
    BAD_EXTENSION 420,
    SESSION_INTERVAL_TOO_SMALL 422,
    TEMPORARILY_UNAVAILABLE 480,
    NO_SUCH_CALL 481,
    LOOP_DETECTED 482,
    TOO_MANY_HOPS 483,
    BUSY_HERE 486,
    REQUEST_TERMINATED 487,
    NOT_ACCEPTABLE_HERE 488,
    REQUEST_PENDING 491,
    SERVER_INTERNAL_ERROR 500,
    NOT_IMPLEMENTED 501,
    SERVICE_UNAVAILABLE 503,
    SERVER_TIMEOUT 504,
    VERSION_NOT_SUPPORTED 505,
    MESSAGE_TOO_LARGE 513,
    DECLINE 603,
}

impl StatusCode {
    /// None outside 100 to 699.
    pub const fn new(code: u16) -> Option<Self> {
        if matches!(code, 100..=699) { Some(Self(code)) } else { None }
    }

    /// The number.
    pub const fn code(self) -> u16 {
        self.0
    }

    /// 1xx: more will follow.
    pub const fn is_provisional(self) -> bool {
        self.0 < 200
    }

    /// 2xx.
    pub const fn is_success(self) -> bool {
        matches!(self.0, 200..=299)
    }

    /// 3xx.
    pub const fn is_redirection(self) -> bool {
        matches!(self.0, 300..=399)
    }

    /// What is usually written behind it.
    pub fn phrase(self) -> &'static str {
        PHRASES.iter().find(|(code, _)| *code == self.0).map_or("Unnamed", |(_, phrase)| phrase)
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
