//! The persist steps, in their order: store the request's id with the consent, then bind the decision.
//!
//! Each step commits for itself. So a decision that fails in the second step has already stored the id, and trying
//! again fails in the first: the attribute exists (inferred from the code, `docs/protocol.md` section 11.8).

use serde_json::Value;

use super::answer::uncaught;
use crate::{
    event::Event,
    http::Reply,
    model::{Authorisation, CibaStatus, ConsentSession, ConsentStatus},
    state::{State, new_id},
};

/// `approvedAccountIds` as it came. It is not compared with what was offered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// At least one text.
    Chosen(Vec<String>),
    /// Missing, no array, empty, or not all text.
    Unusable(&'static str),
}

impl Selection {
    pub(crate) fn read(ids: Option<&Value>) -> Self {
        let Some(ids) = ids else { return Self::Unusable("approvedAccountIds is missing") };
        let Some(ids) = ids.as_array() else { return Self::Unusable("approvedAccountIds is no array") };
        if ids.is_empty() {
            return Self::Unusable("approvedAccountIds is empty");
        }
        match ids.iter().map(|id| id.as_str().map(str::to_owned)).collect() {
            Some(chosen) => Self::Chosen(chosen),
            None => Self::Unusable("approvedAccountIds holds something that is not text"),
        }
    }
}

/// Runs the steps for a decision.
pub(crate) fn persist(
    state: &mut State,
    sid: &str,
    session: &ConsentSession,
    approved: bool,
    selection: Selection,
) -> Result<Reply, Reply> {
    let mended = state.mended();
    let user_id = state
        .session(sid)
        .map(|session| format!("{}@{}", session.username, state.config.tenant))
        .unwrap_or_default();
    let now = state.clock.seconds();
    let Some(consent) = state.consent_mut(&session.consent_id) else {
        return Err(uncaught("nothing done: the consent is unknown"));
    };
    if consent.auth_req_id.is_some() && !mended {
        return Err(uncaught(
            "nothing done: an earlier try has stored the consent's auth_req_id: duplicate attribute",
        ));
    }
    consent.auth_req_id = Some(session.auth_req_id.clone());
    let funds_confirmation = consent.consent_type == "fundsconfirmations";
    let chosen = match selection {
        Selection::Chosen(ids) => ids,
        // A denial needs no account to be meant.
        Selection::Unusable(_) if mended && !approved => Vec::new(),
        Selection::Unusable(why) => {
            state.touch();
            return Err(uncaught(&format!("nothing authorised or rejected: {why}")));
        }
    };
    if funds_confirmation && !mended {
        state.touch();
        return Err(uncaught(
            "nothing done: a funds confirmation needs cofAccount, which this endpoint never sets",
        ));
    }
    let status = if approved { ConsentStatus::Authorised } else { ConsentStatus::Rejected };
    consent.status = status;
    consent.authorisations.push(Authorisation {
        authorisation_id: new_id(),
        user_id,
        status,
        account_ids: chosen.clone(),
        updated_time: now,
    });
    state.touch();
    let word = if approved { "authorised" } else { "rejected" };
    state.emit(Event::ConsentDecided {
        consent_id: session.consent_id.clone(),
        status: word.to_owned(),
        account_ids: chosen,
    });
    if !approved && !mended {
        return Err(uncaught(
            "the consent is rejected, but the step then throws a redirect that nobody catches: the third party keeps \
             polling until its request expires",
        ));
    }
    finish(state, sid, session, approved);
    Ok(Reply::empty(202).why(format!("the consent is {word}")))
}

/// Tells the CIBA side, and forgets the authentication context.
fn finish(state: &mut State, sid: &str, session: &ConsentSession, approved: bool) {
    if let Some(request) = state.ciba.iter_mut().find(|request| request.auth_req_id == session.auth_req_id) {
        request.status = if approved { CibaStatus::Authenticated } else { CibaStatus::Denied };
    }
    if let Some(session) = state.session_mut(sid) {
        session.cleared = true;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn which_selections_can_be_used() {
        let unusable = |ids: Value| matches!(Selection::read(Some(&ids)), Selection::Unusable(_));
        assert_eq!(Selection::read(Some(&json!(["1"]))), Selection::Chosen(vec!["1".to_owned()]));
        assert!(matches!(Selection::read(None), Selection::Unusable(_)));
        assert!(
            unusable(json!([]))
                && unusable(json!("1"))
                && unusable(json!([1]))
                && unusable(json!(["1", null]))
        );
    }
}
