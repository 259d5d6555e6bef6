//! Who is calling: a user with a password, or with a bearer token of this server.

use crate::{
    http::{Incoming, Reply},
    state::State,
};

impl State {
    /// The plain name of the user who calls, or the 401 that the access filter answers.
    ///
    /// What the real filter writes into the body of its 401 is not documented; here it is empty.
    pub(crate) fn caller(&self, request: &Incoming) -> Result<String, Reply> {
        let refused = |why: &str| {
            Err(Reply::empty(401).header("www-authenticate", "Basic realm=\"WSO2 Carbon\"").why(why))
        };
        if let Some(token) = request.bearer() {
            return match self.bearers.get(token) {
                Some(username) => Ok(username.clone()),
                None => refused("the bearer token is not one that /oauth2/token issued"),
            };
        }
        match request.basic() {
            Some((name, password)) => match self.user(&name) {
                Some(user) if user.password == password => Ok(user.username.clone()),
                Some(_) => refused("wrong password"),
                None => refused("unknown user"),
            },
            None => refused("neither Basic nor Bearer credentials"),
        }
    }
}
