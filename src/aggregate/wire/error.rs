//! What every request that fails is answered with.

use serde::Serialize;

/// Body of every error answer.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

#[derive(Clone, Debug, Serialize)]
pub struct ErrorDetail {
    pub code: String,
    pub message: String,
    pub hint: String,
}
